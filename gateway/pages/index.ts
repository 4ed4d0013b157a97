export type { ConsentModel, ScopeLine } from './consent-page.ts';
export { consentPage } from './consent-page.ts';
export type { Message } from './message-page.ts';
export { messagePage } from './message-page.ts';
export { PAGE_HEADERS } from './page.ts';
