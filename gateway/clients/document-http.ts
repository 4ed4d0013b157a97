import type { Logger } from '../../shared/logger.ts';
import type { OutgoingHttp } from '../../shared/outgoing-http/index.ts';
import { proveAddressGuard } from './address-guard.ts';

export interface DocumentRules {
  readonly registration: 'open' | 'allowlist' | 'off';
  /** Whether documents are asked for at all. */
  readonly enabled: boolean;
  /** Undefined: every public host. */
  readonly allowedHosts: readonly string[] | undefined;
  /** Whether fetches go through a proxy. */
  readonly isProxied: boolean;
}

/**
 * The door for client ID metadata documents, whose URLs strangers choose; undefined when there are none. Behind a proxy
 * the address that is connected to is not ours to check, so only hosts that the operator named are served there.
 * @throws when the guard against private addresses cannot be proved to work.
 */
export async function openDocumentHttp<Http extends OutgoingHttp>(
  { registration, enabled, allowedHosts, isProxied }: DocumentRules,
  logger: Logger,
  open: (publicOnly: { readonly trustedHosts: readonly string[] }) => Http,
): Promise<Http | undefined> {
  if (registration === 'off') {
    logger.warn(
      'CLIENT_REGISTRATION=off: grants of clients that registered themselves end at their next refresh',
    );
  }
  if (!enabled) return undefined;
  if (registration === 'off' && allowedHosts === undefined) {
    logger.warn('CLIENT_REGISTRATION=off: client documents are off too, as CIMD_ALLOWED_HOSTS names no host');
    return undefined;
  }
  if (isProxied && allowedHosts === undefined) {
    logger.warn('client documents are off: behind HTTPS_PROXY they need CIMD_ALLOWED_HOSTS');
    return undefined;
  }
  const http = open({ trustedHosts: allowedHosts ?? [] });
  await proveAddressGuard(http);
  return http;
}
