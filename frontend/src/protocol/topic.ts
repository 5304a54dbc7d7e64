/** The topics of the protocol by name. */
export const REQUESTS = 'requests';

const LIST = 'list:';

export function topicOf(list: string): string {
  return LIST + list;
}

/** The list that a topic carries, or null for a topic of counters. */
export function listOf(topic: string): string | null {
  return topic.startsWith(LIST) ? topic.slice(LIST.length) : null;
}
