/** Paths under PUBLIC_URL, beside the resources'. SDKs fall back to the names of the protocol endpoints without metadata. */
export const ROUTES = {
  authorization: '/authorize',
  token: '/token',
  registration: '/register',
  revocation: '/revoke',
  jwks: '/jwks',
  deviceAuthorization: '/device_authorization',
  device: '/device',
  interaction: '/interaction/:uid',
  callback: '/auth/callback',
  account: '/account',
  accountSignIn: '/account/sign-in',
  accountSignOut: '/account/sign-out',
  accountRevoke: '/account/revoke',
  accountRevokeAll: '/account/revoke-all',
  accountDisconnect: '/account/disconnect',
  githubWebhook: '/webhooks/github',
} as const;

export function interactionPath(uid: string): string {
  return ROUTES.interaction.replace(':uid', uid);
}

/** Where the authorization server is described (RFC 8414 §3, OpenID Connect Discovery §4). */
export const SERVER_METADATA_PATHS: readonly string[] = [
  '/.well-known/oauth-authorization-server',
  '/.well-known/openid-configuration',
];

/** Where a resource is described: the well-known path before the resource's own (RFC 9728 §3.1). */
export function resourceMetadataPath(resourcePath: string): string {
  return `/.well-known/oauth-protected-resource${resourcePath}`;
}
