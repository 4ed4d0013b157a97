import type { Clock } from '../../shared/clock.ts';
import type { OutgoingHttp } from '../../shared/outgoing-http/index.ts';
import { ADDRESS_NOT_PUBLIC, OutgoingHttpError, TOO_MANY_NAMES } from '../../shared/outgoing-http/index.ts';
import { Unavailable } from '../grants/index.ts';
import type { RegistrationRules } from './registration-policy.ts';
import type { ClientKeys } from './client-keys.ts';
import { readClientKeys } from './client-keys.ts';
import { freshSeconds } from './freshness.ts';
import { judgeDocument } from './judge-document.ts';
import { parseJson } from '../../shared/parse-json.ts';

/** From the call to the last byte of document and keys together, whatever their hosts do. */
const FETCH_DEADLINE_MS = 2_500;
const MAX_BYTES = 5 * 1024;
/** Sets of RSA keys are larger than documents. */
const MAX_KEY_BYTES = 16 * 1024;
/** A document that could not be had is not asked for again for this long. */
const FAILED_MS = 60_000;
/** A document that was good is used this long past its freshness while its host does not answer. */
const STALE_MS = 24 * 60 * 60_000;

/** What came of asking for a document. Times in milliseconds. */
export interface FetchedDocument {
  /** Null when it could not be had and there is nothing older. */
  readonly metadata: Readonly<Record<string, unknown>> | null;
  readonly freshUntil: number;
  readonly staleUntil: number;
}

export interface FetchDeps {
  readonly clock: Clock;
  /** A door that connects to public addresses only. */
  readonly http: OutgoingHttp;
  readonly registrationRules: RegistrationRules;
  /** Whether documents and keys may come from there. */
  readonly isServed: (url: string) => boolean;
}

/**
 * Asks for a document, and for its keys where they are elsewhere. What a host does is never a rejection: the outcome,
 * good or bad, is what gets cached.
 * @throws `temporarily_unavailable` when nothing was asked because too many names are being resolved.
 */
export async function fetchDocument(
  deps: FetchDeps,
  clientId: string,
  previous: FetchedDocument | undefined,
): Promise<FetchedDocument> {
  const now = deps.clock.now();
  const endsAt = performance.now() + FETCH_DEADLINE_MS;
  const failed: FetchedDocument = { metadata: null, freshUntil: now + FAILED_MS, staleUntil: now };
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
    const jwks = await fetchKeys(deps, judged.keysAt, endsAt - performance.now());
    if (jwks === undefined) return afterOutage(previous, now);
    return { metadata: { ...judged.metadata, jwks }, ...fetched };
  } catch (error) {
    if (!(error instanceof OutgoingHttpError)) throw error;
    if (error.reason === TOO_MANY_NAMES)
      throw new Unavailable('name_resolution', 'too many names are being resolved');
    return error.reason === ADDRESS_NOT_PUBLIC ? failed : afterOutage(previous, now);
  }
}

/** A client's keys, by the same door as its document and in what is left of its time; undefined when they cannot be had. */
async function fetchKeys(deps: FetchDeps, url: string, leftMs: number): Promise<ClientKeys | undefined> {
  if (!deps.isServed(url)) return undefined;
  const { status, body } = await deps.http.request({
    url,
    method: 'GET',
    headers: { accept: 'application/jwk-set+json, application/json' },
    timeoutMs: Math.max(1, leftMs),
    maxBytes: MAX_KEY_BYTES,
  });
  return status === 200 ? readClientKeys(parseJson(body)) : undefined;
}

/** The last good document goes on being used until it is too old; it is asked for again in a minute. */
function afterOutage(previous: FetchedDocument | undefined, now: number): FetchedDocument {
  const metadata = previous?.metadata ?? null;
  return { metadata, freshUntil: now + FAILED_MS, staleUntil: previous?.staleUntil ?? now };
}

function headerOf(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}
