import { LRUCache } from 'lru-cache';
import type { Clock } from '../../shared/clock.ts';
import type { RevocationFeed } from '../../shared/revocation/index.ts';
import { keys } from '../../shared/store/index.ts';
import type { IsAllowedClient } from './allowed-clients.ts';
import type { ClientDocuments } from './client-documents.ts';
import type { ClientPayload } from './client-payload.ts';
import type { Clients } from './clients.ts';
import type { PreregisteredClients } from './preregistered-clients.ts';

const MAX_CLIENTS = 1_000;
/** A client document may be good for longer; this only spares the store (ms). */
const CLIENT_FRESH_MS = 5_000;

/** A client's metadata, wherever it is known from; undefined when there is none, or it may not be one. */
export type FindClient = (clientId: string) => Promise<ClientPayload | undefined>;

/**
 * Clients of the operator's file first, then registered ones, then those whose id is a URL. Every token request looks its
 * client up, and clients hardly change: a known one is kept for some seconds, and all are forgotten when the feed says that
 * one was shut out.
 */
export function createFindClient(deps: {
  readonly clients: Pick<Clients, 'records' | 'isBlocked'>;
  readonly isAllowed: IsAllowedClient;
  readonly preregistered: Pick<PreregisteredClients, 'get'>;
  readonly documents: Pick<ClientDocuments, 'find'> | undefined;
  readonly revocations: Pick<RevocationFeed, 'onRevoked'>;
  readonly clock: Clock;
}): FindClient {
  const { clients, clock } = deps;
  const known = new LRUCache<string, { readonly payload: ClientPayload; readonly until: number }>({
    max: MAX_CLIENTS,
  });
  deps.revocations.onRevoked((kinds) => {
    if (kinds.has('client') || kinds.has('everything')) known.clear();
  });
  const lookUp: FindClient = async (clientId) => {
    if (!deps.isAllowed(clientId) || (await clients.isBlocked(clientId))) return undefined;
    return (
      deps.preregistered.get(clientId) ??
      (await clients.records.read(keys.client(clientId)))?.data ??
      (await deps.documents?.find(clientId))
    );
  };
  return async (clientId) => {
    const kept = known.get(clientId);
    if (kept !== undefined && kept.until > clock.now()) return kept.payload;
    const payload = await lookUp(clientId);
    if (payload === undefined) known.delete(clientId);
    else known.set(clientId, { payload, until: clock.now() + CLIENT_FRESH_MS });
    return payload;
  };
}
