import type { ServerResponse } from 'node:http';
import type { Dispatcher } from 'undici';
import { errors } from 'undici';
import { REQUIRED_SCOPES_HEADER } from '../../shared/gateway-context/index.ts';
import { clientResponseHeaders } from './headers.ts';
import type { Worker } from './worker.ts';

/**
 * How long a client may leave a full buffer unread before its connection is cut (ms). Meanwhile nothing more is read from
 * the worker, so a stream costs the buffer (some 80 KiB) and no more; a client must take that much in this time.
 */
const STALLED_MS = 30_000;

export interface ForwardedCall {
  readonly path: string;
  /** Flat list of names and values. */
  readonly headers: string[];
  readonly body: Uint8Array;
  /** A stateless call ends when its client leaves; a legacy one runs on (MCP 2025-11-25, transports). */
  readonly cancelOnDisconnect: boolean;
  /** Whose call it is: accounts take turns where calls wait. */
  readonly account: string;
  /** When the call reached the gateway (epoch ms): its deadline counts from there, whatever it waited for. */
  readonly arrivedAt: number;
  /** Scopes that the worker may ask for in place of an answer. */
  readonly mayNeed: readonly string[];
  /** Told how to cut the exchange while it runs; the function returned is called when it is over. */
  readonly whileOpen?: (cut: () => void) => () => void;
}

/** The consent that the call stands on was revoked while it ran, or the answer goes on for too long. */
class RevokedError extends Error {}

/** How an attempt at one worker ended. Only `not_sent` may be tried elsewhere: the worker saw nothing. */
export type ForwardOutcome =
  | { readonly kind: 'answered'; readonly status: number }
  /** The worker refused the credentials; nothing was written to the client yet. */
  | { readonly kind: 'unauthorized' }
  /** The worker needs more scope than the token has; nothing was written to the client yet. */
  | { readonly kind: 'insufficient_scope'; readonly scopes: readonly string[] }
  | { readonly kind: 'not_sent' }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'failed' }
  /** The answer had begun: the client's connection was cut so that it cannot take a part for the whole. */
  | { readonly kind: 'broken_off' };

/** Sends one call to one worker and streams the answer back unbuffered; resolves when the exchange is over. */
export async function forwardToWorker(
  worker: Worker,
  call: ForwardedCall,
  { res, headersTimeoutMs }: { readonly res: ServerResponse; readonly headersTimeoutMs: number },
): Promise<ForwardOutcome> {
  return await new Promise<ForwardOutcome>((resolve) => {
    const request: Dispatcher.DispatchOptions = {
      path: call.path,
      method: 'POST',
      headers: call.headers,
      body: call.body,
      headersTimeout: headersTimeoutMs,
    };
    worker.pool.dispatch(request, createExchange(call, res, resolve));
  });
}

function createExchange(
  call: ForwardedCall,
  res: ServerResponse,
  resolve: (outcome: ForwardOutcome) => void,
): Dispatcher.DispatchHandler {
  let status = 0;
  let controller: Dispatcher.DispatchController | undefined;
  /** An answer that is not the client's: the gateway says the same in its own words. */
  let refusal: Refusal | undefined;
  const onClientGone = () => {
    if (res.writableFinished) return;
    if (call.cancelOnDisconnect) controller?.abort(new Error('the client left'));
    else controller?.resume();
  };
  const onDrain = () => controller?.resume();
  const isOver = call.whileOpen?.(() => controller?.abort(new RevokedError('the grant has ended')));
  const finish = (outcome: ForwardOutcome) => {
    isOver?.();
    res.off('close', onClientGone);
    res.off('drain', onDrain);
    resolve(outcome);
  };
  return {
    onRequestStart: (started) => {
      controller = started;
      res.once('close', onClientGone);
      res.on('drain', onDrain);
      if (res.destroyed) onClientGone();
    },
    onResponseStart: (_controller, statusCode, headers) => {
      if (statusCode < 200) return;
      status = statusCode;
      refusal = refusalOf(statusCode, headers, call.mayNeed);
      if (refusal === undefined) res.writeHead(statusCode, clientResponseHeaders(headers));
    },
    onResponseData: (started, chunk) => {
      if (refusal !== undefined || res.destroyed) return;
      if (res.write(chunk)) return;
      started.pause();
      cutUnlessRead(res);
    },
    onResponseEnd: () => {
      if (refusal !== undefined) {
        finish(refusal);
        return;
      }
      res.end();
      if (res.writableLength > 0) cutUnlessRead(res);
      finish({ kind: 'answered', status });
    },
    onResponseError: (_controller, error) => {
      finish(judgeFailure(error, res, status !== 0));
    },
  };
}

/**
 * Cuts a client that does not read in time what is buffered for it: it would hold a worker's socket, or what is left of an
 * answer, for as long as it likes. To the worker it is a client that left.
 */
function cutUnlessRead(res: ServerResponse): void {
  const deadline = setTimeout(() => res.destroy(), STALLED_MS).unref();
  const isSettled = () => {
    clearTimeout(deadline);
    res.off('drain', isSettled);
    res.off('close', isSettled);
  };
  res.on('drain', isSettled);
  res.on('close', isSettled);
}

type Refusal = Extract<ForwardOutcome, { kind: 'unauthorized' | 'insufficient_scope' | 'failed' }>;

/**
 * What a worker says counts only within what the call allowed it: of the scopes it names those it may ask for, and of
 * statuses and types those of an MCP answer. Else it could write parameters into our challenge, or pages under our origin.
 */
function refusalOf(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  mayNeed: readonly string[],
): Refusal | undefined {
  if (status === 401) return { kind: 'unauthorized' };
  const required = headers[REQUIRED_SCOPES_HEADER];
  if (status === 403 && required !== undefined) {
    const named = typeof required === 'string' ? required.split(' ') : [];
    const scopes = mayNeed.filter((scope) => named.includes(scope));
    return scopes.length === 0 ? { kind: 'failed' } : { kind: 'insufficient_scope', scopes };
  }
  return isMcpAnswer(status, headers['content-type']) ? undefined : { kind: 'failed' };
}

const MCP_TYPES = /^(?:application\/json|text\/event-stream)\s*(?:;|$)/i;

/** Statuses of MCP answers (streamable HTTP): a redirect, or a page, is none. */
function isMcpAnswer(status: number, type: string | string[] | undefined): boolean {
  const isStatus = status === 200 || status === 202 || status === 204 || (status >= 400 && status <= 599);
  return isStatus && (type === undefined || (typeof type === 'string' && MCP_TYPES.test(type)));
}

function judgeFailure(error: Error, res: ServerResponse, hasBegun: boolean): ForwardOutcome {
  if (hasBegun) {
    res.destroy();
    return { kind: 'broken_off' };
  }
  if (error instanceof RevokedError) return { kind: 'unauthorized' };
  if (error instanceof errors.HeadersTimeoutError) return { kind: 'timeout' };
  return { kind: isNotSent(error) ? 'not_sent' : 'failed' };
}

/** Faults of connecting: no byte of the request left this process. */
function isNotSent(error: Error): boolean {
  if (error instanceof errors.ConnectTimeoutError) return true;
  const code = 'code' in error ? error.code : undefined;
  return ['ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN'].includes(String(code));
}
