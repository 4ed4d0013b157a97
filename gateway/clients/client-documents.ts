import type { ClientPayload } from './client-payload.ts';
import type { Clock } from '../../shared/clock.ts';
import type { OutgoingHttp } from '../../shared/outgoing-http/index.ts';
import type { Store } from '../../shared/store/index.ts';
import type { KeyRing } from '../../shared/vault/index.ts';
import { Unavailable } from '../grants/index.ts';
import type { RegistrationRules } from './registration-policy.ts';
import { isClientIdUrl } from './client-id-url.ts';
import { fetchDocument } from './fetch-document.ts';
import { createFetches } from './fetches.ts';
import type { StoredDocument } from './stored-documents.ts';
import { createStoredDocuments } from './stored-documents.ts';

/** Clients whose id is the URL of their metadata document (CIMD, draft-02). */
export interface ClientDocuments {
  /**
   * The client's metadata, or undefined when there is no such client.
   * @throws Unavailable for a client that was good and whose document cannot be had any more: an
   * `invalid_client` would make it throw its tokens away. Also when there is no room to fetch one more.
   */
  find(clientId: string): Promise<ClientPayload | undefined>;
  /** Keeps the document of a client as long as a grant may stand on it. */
  keepUntil(clientId: string, grantEnd: number): Promise<void>;
}

export interface ClientDocumentDeps {
  readonly store: Store;
  readonly gatewayRing: KeyRing;
  readonly clock: Clock;
  /** A door that connects to public addresses only. */
  readonly http: OutgoingHttp;
  /** When set, only these hosts may be clients. */
  readonly allowedHosts: readonly string[] | undefined;
  readonly publicUrl: string;
  readonly registrationRules: RegistrationRules;
  /** Told of what went wrong while nobody waited. */
  readonly onFault: (error: unknown) => void;
}

/**
 * One cache for all gateways; of concurrent requests for one document one fetches. A good copy is answered at once, and
 * when it is not fresh it is fetched anew while nobody waits: hosts that hang, or a stranger who holds every place to
 * fetch, delay nobody whose document was had within a day.
 */
export function createClientDocuments(deps: ClientDocumentDeps): ClientDocuments {
  const stored = createStoredDocuments(deps);
  const fetches = createFetches<StoredDocument>(deps.clock);
  const fetchDeps = { ...deps, isServed: (url: string) => isDocumentServed(deps, url) };

  const refetch = async (clientId: string, previous: StoredDocument | undefined): Promise<StoredDocument> => {
    const standing = (previous?.keptUntil ?? 0) > deps.clock.now() ? 'used' : 'unused';
    return await fetches.join(
      clientId,
      standing,
      async () => await stored.save(clientId, await fetchDocument(fetchDeps, clientId, previous)),
    );
  };

  const refetchUnwatched = (clientId: string, previous: StoredDocument) => {
    refetch(clientId, previous).catch((error: unknown) => {
      // Without room it is the next request's turn.
      if (!(error instanceof Unavailable)) deps.onFault(error);
    });
  };

  const find = async (clientId: string) => {
    if (!isDocumentServed(deps, clientId)) return undefined;
    const now = deps.clock.now();
    const copy = await stored.find(clientId);
    const isUsable = copy !== undefined && copy.metadata !== null && copy.staleUntil > now;
    const isFresh = copy !== undefined && copy.freshUntil > now;
    if (isUsable && !isFresh) refetchUnwatched(clientId, copy);
    const document = isUsable || isFresh ? copy : await refetch(clientId, copy);
    if (document.metadata === null) return undefined;
    if (document.staleUntil <= now)
      throw new Unavailable('client_document', 'the client document cannot be had');
    return { ...document.metadata, client_id: clientId };
  };

  return {
    find,
    keepUntil: async (clientId, grantEnd) => {
      if (!isDocumentServed(deps, clientId) || (await stored.keepUntil(clientId, grantEnd))) return;
      // It was forgotten between the consent page and the return from GitHub.
      await find(clientId);
      await stored.keepUntil(clientId, grantEnd);
    },
  };
}

/** Whether a URL may be a client here, by its form and by the operator's list of hosts. */
function isDocumentServed(
  rules: Pick<ClientDocumentDeps, 'allowedHosts' | 'publicUrl'>,
  clientId: string,
): boolean {
  if (!isClientIdUrl(clientId)) return false;
  const url = new URL(clientId);
  if (url.origin === rules.publicUrl) return false;
  return rules.allowedHosts === undefined || rules.allowedHosts.includes(url.host);
}
