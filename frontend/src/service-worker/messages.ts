/** What a page asks the service worker to do. The answer is an empty message. */
export type WorkerRequest =
  /** Control all pages, although some still show the version before. */
  | 'activate'
  /** Load the page of the app again, because the user has chosen another language. */
  | 'refresh shell';
