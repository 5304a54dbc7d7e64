/** The topic of all lists of the user, without their items. */
export const LISTS_TOPIC = 'lists';

/** The topic of the newest changes of all lists of the user. */
export const ACTIVITY_TOPIC = 'activity';
/** The same for a screen: of many changes at once only the newest, and the number of the others. */
export const NEWEST_ACTIVITY_TOPIC = 'activity:newest';

const LIST_PREFIX = 'list:';

export function listTopic(listId: string): string {
  return LIST_PREFIX + listId;
}

/** The id of the list that a topic is about, or null for other topics. */
export function listIdOf(topic: string): string | null {
  return topic.startsWith(LIST_PREFIX) ? topic.slice(LIST_PREFIX.length) : null;
}
