/** Every route of the public listener, as metrics and logs name them; no path of a client ever becomes a label. */
const EXACT = [
  '/',
  '/mcp',
  '/authorize',
  '/token',
  '/register',
  '/revoke',
  '/jwks',
  '/device_authorization',
  '/device',
  '/auth/callback',
  '/account',
  '/account/sign-in',
  '/account/sign-out',
  '/account/revoke',
  '/account/revoke-all',
  '/account/disconnect',
  '/webhooks/github',
  '/health',
  '/.well-known/oauth-protected-resource',
  '/.well-known/oauth-protected-resource/mcp',
  '/.well-known/oauth-authorization-server',
  '/.well-known/openid-configuration',
] as const;

const PATTERNS: readonly (readonly [RegExp, string])[] = [
  [/^\/interaction\/[^/]+$/, '/interaction/:uid'],
  [/^\/authorize\/[^/]+$/, '/authorize/:uid'],
  [/^\/device\/[^/]+$/, '/device/:uid'],
];

export const ROUTES_OF_PUBLIC_LISTENER: readonly string[] = [...EXACT, ...PATTERNS.map(([, name]) => name)];

/** The route a path belongs to, `other` when none. */
export function routeOf(path: string): string {
  if ((EXACT as readonly string[]).includes(path)) return path;
  return PATTERNS.find(([pattern]) => pattern.test(path))?.[1] ?? 'other';
}
