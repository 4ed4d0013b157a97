export type { AuthorizationServer, AuthorizationServerDeps } from './authorization-server.ts';
export { createAuthorizationServer } from './authorization-server.ts';
export type { PreregisteredClients } from './preregistered-clients.ts';
export { parsePreregisteredClients } from './preregistered-clients.ts';
export { GRANT_END_REASONS } from './grants/grant.ts';
export { ROUTES } from './routes.ts';
export { isRedirectListEntry } from './redirect-list.ts';
export { DEFAULT_SCHEMES } from './redirect-uri.ts';
export { proveAddressGuard } from './client-documents/client-documents.ts';
