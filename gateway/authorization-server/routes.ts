/** Paths of the authorization server, relative to PUBLIC_URL. SDKs fall back to these names without metadata. */
export const ROUTES = {
  authorization: '/authorize',
  token: '/token',
  registration: '/register',
  revocation: '/revoke',
  jwks: '/jwks',
  /** Paths of oidc-provider features that are part of an interaction and must stay reachable. */
  endSession: '/session/end',
  interaction: '/interaction/:uid',
  callback: '/auth/callback',
} as const;

export function interactionPath(uid: string): string {
  return ROUTES.interaction.replace(':uid', uid);
}
