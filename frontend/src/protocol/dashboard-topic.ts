/** The topic of the request counters. */
export const REQUESTS_TOPIC = 'requests';

/** The topic of what is sent on Django's signals. */
export const SIGNALS_TOPIC = 'signals';
