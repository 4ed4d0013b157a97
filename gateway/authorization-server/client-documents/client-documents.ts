import { z } from 'zod';
import type { AdapterPayload } from 'oidc-provider';
import type { Clock } from '../../../shared/clock.ts';
import type { OutgoingHttp } from '../../../shared/outgoing-http/index.ts';
import {
  ADDRESS_HIDDEN_BY_PROXY,
  ADDRESS_NOT_PUBLIC,
  OutgoingHttpError,
} from '../../../shared/outgoing-http/index.ts';
import type { RecordFamily, Store } from '../../../shared/store/index.ts';
import { createRecords, keys } from '../../../shared/store/index.ts';
import type { KeyRing } from '../../../shared/vault/index.ts';
import { recordMacKeys } from '../../../shared/vault/index.ts';
import { temporarilyUnavailable } from '../protocol-error.ts';
import type { RegistrationRules } from '../registration-policy.ts';
import { isClientIdUrl } from './client-id-url.ts';
import type { ClientKeys } from './client-keys.ts';
import { readClientKeys } from './client-keys.ts';
import { freshSeconds } from './freshness.ts';
import { judgeDocument } from './judge-document.ts';

/** From the call to the last byte, whatever the host does. */
const FETCH_DEADLINE_MS = 2_500;
const MAX_BYTES = 5 * 1024;
/** Sets of RSA keys are larger than documents. */
const MAX_KEY_BYTES = 16 * 1024;
/** Documents fetched at once that were good before, and as many beside them that were never seen. */
const MAX_FETCHES = 8;
/** A document that could not be had is not asked for again for this long. */
const FAILED_MS = 60_000;
/** A document that was good is used this long past its freshness while its host does not answer. */
const STALE_MS = 24 * 60 * 60_000;
/** A client that was good once stays known, so that its outage is told from a client that never was. */
const KNOWN_MS = 90 * 24 * 60 * 60_000;

interface StoredDocument {
  /** Null when the last attempt failed and there is nothing older. */
  readonly metadata: Readonly<Record<string, unknown>> | null;
  readonly freshUntil: number;
  readonly staleUntil: number;
}

const documentFamily: RecordFamily<StoredDocument> = {
  schema: 1,
  shape: z.strictObject({
    metadata: z.record(z.string(), z.unknown()).nullable(),
    freshUntil: z.int(),
    staleUntil: z.int(),
  }),
};

/** Clients whose id is the URL of their metadata document (CIMD, draft-02). */
export interface ClientDocuments {
  /**
   * The client's metadata, or undefined when there is no such client.
   * @throws `temporarily_unavailable` for a client that was good and whose document cannot be had any more: an
   * `invalid_client` would make it throw its tokens away.
   */
  find(clientId: string): Promise<AdapterPayload | undefined>;
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
}

/**
 * One cache for all gateways; of concurrent requests for one document one fetches. Anybody can name documents that were
 * never seen, on hosts that never answer: of those one at a time is fetched from a host, and they take no place from
 * clients that were good before.
 */
export function createClientDocuments(deps: ClientDocumentDeps): ClientDocuments {
  const records = createRecords(deps.store, documentFamily, recordMacKeys(deps.gatewayRing));
  const known = createFetches(() => '');
  const neverSeen = createFetches((clientId) => new URL(clientId).host);

  async function refetch(clientId: string, previous: StoredDocument | undefined): Promise<StoredDocument> {
    const fetches = previous?.metadata ? known : neverSeen;
    const running = fetches.find(clientId);
    if (running !== undefined) return await running;
    const fetching = fetches.start(clientId, async () => await fetchDocument(deps, clientId, previous));
    const document = await fetching;
    const expiresAt = deps.clock.now() + (document.metadata === null ? FAILED_MS : KNOWN_MS);
    await deps.store.commit([records.put(keys.clientDocument(clientId), document, { expiresAt })]);
    return document;
  }

  return {
    find: async (clientId) => {
      if (!isServed(deps, clientId)) return undefined;
      const now = deps.clock.now();
      const stored = (await records.read(keys.clientDocument(clientId)))?.data;
      const document =
        stored !== undefined && stored.freshUntil > now ? stored : await refetch(clientId, stored);
      if (document.metadata === null) return undefined;
      if (document.staleUntil <= now) throw temporarilyUnavailable('the client document cannot be had');
      return { ...document.metadata, client_id: clientId };
    },
  };
}

/** Fetches that are under way; of ids in one group, unless its name is empty, one at a time. */
function createFetches(groupOf: (clientId: string) => string) {
  const running = new Map<string, Promise<StoredDocument>>();
  const isBusy = (clientId: string) => {
    const group = groupOf(clientId);
    return group !== '' && [...running.keys()].some((each) => groupOf(each) === group);
  };
  return {
    find: (clientId: string) => running.get(clientId),
    /** @throws `temporarily_unavailable` when there is no room for one more. */
    start: async (clientId: string, fetch: () => Promise<StoredDocument>): Promise<StoredDocument> => {
      if (running.size >= MAX_FETCHES || isBusy(clientId))
        throw temporarilyUnavailable('too many client documents are being fetched');
      const fetching = fetch().finally(() => running.delete(clientId));
      running.set(clientId, fetching);
      return await fetching;
    },
  };
}

function isServed(deps: ClientDocumentDeps, clientId: string): boolean {
  if (!isClientIdUrl(clientId)) return false;
  const url = new URL(clientId);
  if (url.origin === deps.publicUrl) return false;
  return deps.allowedHosts === undefined || deps.allowedHosts.includes(url.host);
}

/** Never rejects for what a host does: the outcome, good or bad, is what gets cached. */
async function fetchDocument(
  deps: ClientDocumentDeps,
  clientId: string,
  previous: StoredDocument | undefined,
): Promise<StoredDocument> {
  const now = deps.clock.now();
  const failed: StoredDocument = { metadata: null, freshUntil: now + FAILED_MS, staleUntil: now };
  try {
    const answer = await deps.http.request({
      url: clientId,
      method: 'GET',
      headers: { accept: 'application/json' },
      timeoutMs: FETCH_DEADLINE_MS,
      maxBytes: MAX_BYTES,
    });
    const contentType = headerOf(answer.headers['content-type']);
    const document = { status: answer.status, contentType, body: answer.body };
    const judged = judgeDocument(clientId, document, deps.registrationRules);
    const isOutage = answer.status >= 500 || answer.status === 429;
    if (!judged.ok) return isOutage ? afterOutage(previous, now) : failed;
    const freshUntil = now + freshSeconds(headerOf(answer.headers['cache-control'])) * 1000;
    const fetched = { freshUntil, staleUntil: freshUntil + STALE_MS };
    if (judged.keysAt === undefined) return { metadata: judged.metadata, ...fetched };
    const jwks = await fetchKeys(deps, judged.keysAt);
    if (jwks === undefined) return afterOutage(previous, now);
    return { metadata: { ...judged.metadata, jwks }, ...fetched };
  } catch (error) {
    if (!(error instanceof OutgoingHttpError)) throw error;
    return error.reason === ADDRESS_NOT_PUBLIC ? failed : afterOutage(previous, now);
  }
}

/** A client's keys, by the same door and with the same bounds as its document; undefined when they cannot be had. */
async function fetchKeys(deps: ClientDocumentDeps, url: string): Promise<ClientKeys | undefined> {
  if (!isServed(deps, url)) return undefined;
  const { status, body } = await deps.http.request({
    url,
    method: 'GET',
    headers: { accept: 'application/jwk-set+json, application/json' },
    timeoutMs: FETCH_DEADLINE_MS,
    maxBytes: MAX_KEY_BYTES,
  });
  return status === 200 ? readClientKeys(parseJson(body)) : undefined;
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown;
  } catch {
    return undefined;
  }
}

/** The last good document goes on being used until it is too old; it is asked for again in a minute. */
function afterOutage(previous: StoredDocument | undefined, now: number): StoredDocument {
  const metadata = previous?.metadata ?? null;
  return { metadata, freshUntil: now + FAILED_MS, staleUntil: previous?.staleUntil ?? now };
}

function headerOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

/**
 * Proves that the door refuses addresses that are not public; a gateway on which it does not serves no documents.
 * @throws Error when a connection to this machine was not refused for its address.
 */
export async function proveAddressGuard(http: OutgoingHttp): Promise<void> {
  const probe = http.request({
    url: 'https://localhost:9/probe',
    method: 'GET',
    timeoutMs: 5_000,
    maxBytes: 0,
  });
  const failure = await probe.then(
    () => undefined,
    (error: unknown) => error,
  );
  const refusals = [ADDRESS_NOT_PUBLIC, ADDRESS_HIDDEN_BY_PROXY];
  if (failure instanceof OutgoingHttpError && refusals.includes(failure.reason ?? '')) return;
  throw new Error('client documents are on but the guard against internal addresses does not work');
}
