/** The topic of the requests by route, for staff. */
export const ROUTES_TOPIC = 'ops:routes';

/** The topic of each request as it ends, for staff. */
export const TICKER_TOPIC = 'ops:ticker';
