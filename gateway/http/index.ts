export type { FindClientAddress, ForwardedHeader, ForwardingRules } from './client-address.ts';
export {
  addressGroup,
  assignClientAddress,
  createClientAddresses,
  createTrust,
  parseAddress,
} from './client-address.ts';
export { inviteBody } from './invite-body.ts';
export type { OriginRule } from './origin.ts';
export { isAllowedOrigin } from './origin.ts';
export type { BodyReading } from './read-body.ts';
export { readBody } from './read-body.ts';
export { assignRequestId, requestIdOf } from './request-id.ts';
