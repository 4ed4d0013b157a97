/** Paths of the authorization server, relative to PUBLIC_URL. SDKs fall back to these names without metadata. */
export const ROUTES = {
  authorization: '/authorize',
  token: '/token',
  registration: '/register',
  revocation: '/revoke',
  jwks: '/jwks',
  deviceAuthorization: '/device_authorization',
  device: '/device',
  /** Paths of oidc-provider features that are part of an interaction and must stay reachable. */
  endSession: '/session/end',
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
