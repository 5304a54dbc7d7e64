/** The topics of the protocol by name. */
export const REQUESTS_TOPIC = 'requests';

const LIST_PREFIX = 'list:';

export function listTopic(listId: string): string {
  return LIST_PREFIX + listId;
}

/** The list that a topic carries, or null for a topic of counters. */
export function listIdOf(topic: string): string | null {
  return topic.startsWith(LIST_PREFIX) ? topic.slice(LIST_PREFIX.length) : null;
}
