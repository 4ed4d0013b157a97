import { Agent, ProxyAgent } from 'undici';
import type { Dispatcher } from 'undici';
import { createGuardedConnections } from './guarded.ts';
import { isLoopbackUrl } from './loopback.ts';
import { checkOptions, parseProxy } from './options.ts';
import type { CheckedOptions, OutgoingHttpOptions } from './options.ts';
import { OutgoingHttpError, toOutgoingHttpError } from './outgoing-http-error.ts';
import { ADDRESS_HIDDEN_BY_PROXY } from './public-address.ts';
import { startRequestStop } from './request-stop.ts';
import { createStrangerNames } from './stranger-names.ts';

export interface OutgoingRequest {
  /** https, or http to loopback; without userinfo and fragment. */
  readonly url: string | URL;
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
  /** Milliseconds from the call to the last byte of the answer, 1–600000. */
  readonly timeoutMs: number;
  /** Largest answer body in bytes. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal;
}

export interface OutgoingResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface OutgoingHttp {
  /**
   * Sends one request and reads the whole answer; redirects are answers like any other and are never followed.
   *
   * @throws OutgoingHttpError with one of its closed codes; nothing is retried.
   */
  request(request: OutgoingRequest): Promise<OutgoingResponse>;
  /** Ends idle connections, waits for running requests; later requests fail with `aborted`. May be called again. */
  close(): Promise<void>;
}

export interface ProxiedHttp extends OutgoingHttp {
  /**
   * Goes through this proxy from now on; requests that run finish at the one before.
   * @throws OutgoingHttpOptionError when it cannot be used; the one before stays.
   */
  readonly replaceProxy: (url: string) => void;
}

const CONNECTIONS_PER_ORIGIN = 64;
const MAX_TIMEOUT_MS = 600_000;

/**
 * Creates the only way out of a process: direct connections, or a CONNECT tunnel for https behind a proxy.
 *
 * @throws OutgoingHttpOptionError when an option cannot be used.
 */
export function createOutgoingHttp(options: OutgoingHttpOptions): ProxiedHttp {
  const checked = checkOptions(options);
  const direct = createDirect(checked);
  let proxied = checked.proxy === undefined ? undefined : createProxied(checked, checked.proxy);
  const names = createStrangerNames({ servers: options.publicOnly?.nameServers });
  const guarded = createGuardedConnections({ names, ca: checked.ca });
  const proxyFor = (url: URL) =>
    url.protocol === 'https:' && !checked.bypassesProxy(url) ? proxied : undefined;
  const isStrange = (url: URL) =>
    options.publicOnly?.trustedHosts.every((host) => host !== url.host && host !== url.hostname) === true;
  const replaced = new Set<Promise<void>>();
  let closing: Promise<unknown> | undefined;
  return {
    request: async (request) => {
      const url = requireTarget(request.url);
      requireLimits(request);
      const proxy = proxyFor(url);
      const ready = { ...request, headers: headersOf(request, checked.userAgent) };
      if (!isStrange(url)) return await sendWithin(proxy ?? direct, url, ready);
      // Behind a proxy the address is not ours to see.
      if (proxy !== undefined)
        throw new OutgoingHttpError('connect_failed', url.origin, ADDRESS_HIDDEN_BY_PROXY);
      if (closing !== undefined) throw new OutgoingHttpError('aborted', url.origin);
      return await guarded.use(url, async (dispatcher) => await sendWithin(dispatcher, url, ready));
    },
    replaceProxy: (url) => {
      const before = proxied;
      proxied = createProxied(checked, parseProxy(url));
      const ended = before?.close();
      if (ended !== undefined) replaced.add(ended.finally(() => replaced.delete(ended)));
    },
    close: async () => {
      closing ??= Promise.all([direct.close(), guarded.close(), proxied?.close(), ...replaced]);
      await closing;
    },
  };
}

// The transport's own timeouts are per read; the total deadline of each request replaces them.
const TRANSPORT = {
  connections: CONNECTIONS_PER_ORIGIN,
  headersTimeout: 0,
  bodyTimeout: 0,
} as const;

function createDirect(options: CheckedOptions): Agent {
  return new Agent({ ...TRANSPORT, connect: connectOptions(options) });
}

function createProxied(options: CheckedOptions, proxy: URL): ProxyAgent {
  return new ProxyAgent({
    ...TRANSPORT,
    uri: proxy.href,
    connectTimeout: options.connectTimeoutMs,
    requestTls: connectOptions(options),
    proxyTls: connectOptions(options),
  });
}

// HTTP/1.1 only: one answer per socket at a time, so an aborted answer can never reach the next caller.
function connectOptions(options: CheckedOptions): { timeout: number; allowH2: false; ca?: string[] } {
  const base = { timeout: options.connectTimeoutMs, allowH2: false } as const;
  return options.ca === undefined ? base : { ...base, ca: options.ca };
}

function requireTarget(value: string | URL): URL {
  const url = URL.canParse(String(value)) ? new URL(value) : undefined;
  if (url === undefined) throw new OutgoingHttpError('protocol', 'an unreadable URL');
  if (url.username !== '' || url.password !== '' || url.hash !== '') {
    throw new OutgoingHttpError('protocol', url.origin, 'URL_HAS_USERINFO_OR_FRAGMENT');
  }
  if (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopbackUrl(url))) return url;
  // Every request of the product carries a credential or decides about one: it must not cross a network in clear.
  throw new OutgoingHttpError('protocol', url.origin, 'PLAIN_HTTP_REFUSED');
}

function requireLimits(request: OutgoingRequest): void {
  const { timeoutMs, maxBytes } = request;
  if (!Number.isFinite(timeoutMs) || timeoutMs < 1 || timeoutMs > MAX_TIMEOUT_MS) {
    throw new RangeError(`timeoutMs must be 1–${String(MAX_TIMEOUT_MS)}`);
  }
  if (!Number.isSafeInteger(maxBytes) || maxBytes < 0) {
    throw new RangeError('maxBytes must be a non-negative integer');
  }
}

function headersOf(request: OutgoingRequest, userAgent: string): Record<string, string> {
  const headers: Record<string, string> = { 'user-agent': userAgent };
  for (const [name, value] of Object.entries(request.headers ?? {})) headers[name.toLowerCase()] = value;
  // Identity only: a cap on compressed bytes says nothing about what they unpack to.
  headers['accept-encoding'] = 'identity';
  return headers;
}

async function sendWithin(
  dispatcher: Dispatcher,
  url: URL,
  request: OutgoingRequest,
): Promise<OutgoingResponse> {
  const stop = startRequestStop(request.timeoutMs, request.signal);
  try {
    if (stop.reason() !== undefined) return await stop.stopped;
    return await Promise.race([send(dispatcher, url, { ...request, signal: stop.signal }), stop.stopped]);
  } catch (error) {
    const early = stop.reason();
    throw early === undefined
      ? toOutgoingHttpError(error, url.origin)
      : new OutgoingHttpError(early, url.origin);
  } finally {
    stop.dispose();
  }
}

async function send(dispatcher: Dispatcher, url: URL, request: OutgoingRequest): Promise<OutgoingResponse> {
  const answer = await dispatcher.request({
    origin: url.origin,
    path: `${url.pathname}${url.search}`,
    method: request.method,
    headers: { ...request.headers },
    body: request.body ?? null,
    signal: request.signal ?? null,
  });
  const refusal = refusalOf(answer, request, url.origin);
  if (refusal !== undefined) {
    answer.body.on('error', () => undefined).destroy();
    throw refusal;
  }
  const body = await readCapped(answer.body, request.maxBytes, url.origin);
  return { status: answer.statusCode, headers: answer.headers, body };
}

/** Why the answer's body must not even be read. */
function refusalOf(
  answer: Dispatcher.ResponseData,
  request: OutgoingRequest,
  origin: string,
): OutgoingHttpError | undefined {
  const encoding = answer.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') {
    return new OutgoingHttpError('protocol', origin, 'CONTENT_ENCODING_NOT_ASKED_FOR');
  }
  const declared = Number(answer.headers['content-length'] ?? 0);
  return request.method !== 'HEAD' && declared > request.maxBytes
    ? new OutgoingHttpError('too_large', origin)
    : undefined;
}

async function readCapped(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  origin: string,
): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > maxBytes) throw new OutgoingHttpError('too_large', origin);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
