export type { FindClientAddress, ForwardedHeader } from './client-address.ts';
export {
  addressGroup,
  assignClientAddress,
  createClientAddresses,
  createTrust,
  parseAddress,
} from './client-address.ts';
export type { CookieRules } from './cookie-names.ts';
export { cookieRules } from './cookie-names.ts';
export { openCors } from './cors.ts';
export { inviteBody } from './invite-body.ts';
export type { ObserveRequest } from './observe-requests.ts';
export { observeRequests } from './observe-requests.ts';
export type { OriginRule } from './origin.ts';
export { isAllowedOrigin } from './origin.ts';
export { isFromOwnOrigin } from './own-origin.ts';
export { readBody } from './read-body.ts';
export { readCookie } from './read-cookie.ts';
export { assignRequestId, requestIdOf } from './request-id.ts';
export { ROUTES_OF_PUBLIC_LISTENER } from './route-labels.ts';
export { interactionPath, resourceMetadataPath, ROUTES, SERVER_METADATA_PATHS } from './routes.ts';
export { RETRY_AFTER_SECONDS } from './retry-after.ts';
export { requestFaultLog } from './request-fault-log.ts';
