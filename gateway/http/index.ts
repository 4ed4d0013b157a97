export { inviteBody, requirePlainRequest } from './plain-request.ts';
export type { OriginRule } from './origin.ts';
export { isAllowedOrigin } from './origin.ts';
export type { BodyReading } from './read-body.ts';
export { readBody } from './read-body.ts';
export { assignRequestId, requestIdOf } from './request-id.ts';
