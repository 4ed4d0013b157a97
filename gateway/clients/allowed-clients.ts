import { isClientIdUrl } from './client-id-url.ts';
import type { PreregisteredClients } from './preregistered-clients.ts';

/**
 * Whether a client may be one at all, whatever is stored of it: clients of the operator's file always; one known by its
 * document where documents are on and its host is allowed; one that registered itself unless `CLIENT_REGISTRATION=off`.
 */
export type IsAllowedClient = (clientId: string) => boolean;

export function createAllowedClients(rules: {
  readonly registration: 'open' | 'allowlist' | 'off';
  readonly preregistered: Pick<PreregisteredClients, 'get'>;
  /** Absent when documents are off. */
  readonly clientDocuments: { readonly allowedHosts: readonly string[] | undefined } | undefined;
}): IsAllowedClient {
  const { registration, preregistered, clientDocuments } = rules;
  return (clientId) => {
    if (preregistered.get(clientId) !== undefined) return true;
    if (!isClientIdUrl(clientId)) return registration !== 'off';
    if (clientDocuments === undefined) return false;
    return clientDocuments.allowedHosts?.includes(new URL(clientId).host) ?? true;
  };
}
