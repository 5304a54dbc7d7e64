/** The topic of the request counters. */
export const REQUESTS_TOPIC = 'requests';

const LIST_PREFIX = 'list:';

export function listTopic(listId: string): string {
  return LIST_PREFIX + listId;
}

/** The id of the list that a topic is about, or null for other topics. */
export function listIdOf(topic: string): string | null {
  return topic.startsWith(LIST_PREFIX) ? topic.slice(LIST_PREFIX.length) : null;
}
