/** Seconds a client is asked to wait after a 503. */
export const RETRY_AFTER_SECONDS = 2;
