import { ROUTES, SERVER_METADATA_PATHS } from '../../http/index.ts';

const POSTED: readonly string[] = [
  ROUTES.registration,
  ROUTES.revocation,
  ROUTES.deviceAuthorization,
  ROUTES.device,
];
const SHOWN: readonly string[] = [ROUTES.authorization, ROUTES.device, ...SERVER_METADATA_PATHS];
const RESUME = new RegExp(`^(?:${ROUTES.authorization}|${ROUTES.device})/[\\w-]+$`);

/**
 * Exactly the requests oidc-provider serves here. Its router ignores letter case and a last slash, our rules do not:
 * another spelling of `/register` would reach it without our registration policy.
 */
export function isServedByProvider(method: string, path: string): boolean {
  if (method === 'POST') return POSTED.includes(path);
  if (method !== 'GET' && method !== 'HEAD') return false;
  return SHOWN.includes(path) || RESUME.test(path);
}
