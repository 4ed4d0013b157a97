import { ROUTES } from './routes.ts';

export const WELL_KNOWN: readonly string[] = [
  '/.well-known/oauth-authorization-server',
  '/.well-known/openid-configuration',
];

const POSTED: readonly string[] = [ROUTES.token, ROUTES.registration, ROUTES.revocation];
const RESUME = new RegExp(`^${ROUTES.authorization}/[\\w-]+$`);

/**
 * Exactly the requests oidc-provider serves here. Its router ignores letter case and a last slash, our rules do not:
 * another spelling of `/register` would reach it without our registration policy.
 */
export function isServedByProvider(method: string, path: string): boolean {
  if (method === 'POST') return POSTED.includes(path);
  if (method !== 'GET' && method !== 'HEAD') return false;
  return path === ROUTES.authorization || RESUME.test(path) || WELL_KNOWN.includes(path);
}
