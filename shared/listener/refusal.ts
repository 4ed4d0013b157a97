import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FormFault } from './request-form.ts';

/** Everything a listener refuses before its application sees it. */
export type EdgeReason =
  | FormFault
  /** A tunnel was asked for (RFC 9110 §9.3.6). */
  | 'connect'
  /** Bytes that are no HTTP/1.1 request. */
  | 'malformed'
  | 'unknown_method'
  | 'header_too_large'
  | 'chunk_extension_too_large'
  | 'too_slow'
  | 'tls'
  | 'http2'
  /** More connections than the process, or one address, may have. */
  | 'connection_limit';

/** One refusal, as log and metrics are told of it. */
export interface EdgeRefusal {
  readonly reason: EdgeReason;
  /** 0 where the connection was closed without an answer. */
  readonly status: number;
  readonly method: string;
  readonly requestId: string;
  /** The peer of the connection: a load balancer is told, not whom it forwarded. */
  readonly peer: string | undefined;
}

const ANSWERS: Readonly<Record<EdgeReason, { readonly status: number; readonly why: string }>> = {
  host_missing: { status: 400, why: 'an HTTP/1.1 request needs a Host header (RFC 9112 section 3.2)' },
  host_repeated: { status: 400, why: 'the request has more than one Host header (RFC 9112 section 3.2)' },
  host_malformed: { status: 400, why: 'the Host header is not a host with an optional port (RFC 3986)' },
  host_not_loopback: {
    status: 421,
    why: 'this listener is bound to loopback and answers loopback names only',
  },
  user_information: {
    status: 400,
    why: 'the request target holds user information (RFC 9110 section 4.2.4)',
  },
  target_malformed: {
    status: 400,
    why: 'the request target is neither a path nor an address of this server',
  },
  target_foreign: { status: 421, why: 'the request target names another server (RFC 9110 section 15.5.20)' },
  transfer_coding: { status: 400, why: 'an HTTP/1.0 request has no transfer coding (RFC 9112 section 6.1)' },
  transfer_coding_unknown: { status: 501, why: 'the only transfer coding is chunked (RFC 9112 section 6.1)' },
  expectation: { status: 417, why: 'the only expectation is 100-continue (RFC 9110 section 10.1.1)' },
  connect: { status: 405, why: 'this server is no proxy: CONNECT is not served (RFC 9110 section 9.3.6)' },
  malformed: { status: 400, why: 'the request is not well-formed HTTP/1.1 (RFC 9112)' },
  unknown_method: { status: 501, why: 'the request method is not known (RFC 9110 section 9.1)' },
  header_too_large: { status: 431, why: 'the request header is too large (RFC 6585 section 5)' },
  chunk_extension_too_large: { status: 413, why: 'the chunk extensions of the body are too large' },
  too_slow: { status: 408, why: 'the request was not complete in time (RFC 9110 section 15.5.9)' },
  tls: { status: 400, why: 'this listener speaks plain HTTP, not TLS' },
  http2: { status: 505, why: 'this listener speaks HTTP/1.1, not HTTP/2' },
  connection_limit: { status: 0, why: '' },
};

export const EDGE_REASONS = Object.keys(ANSWERS) as readonly EdgeReason[];

/** Answers a request that was read, and closes: what its sender meant to send next was not agreed on. */
export function refuseRequest(req: IncomingMessage, res: ServerResponse, reason: EdgeReason): EdgeRefusal {
  const { status, why } = ANSWERS[reason];
  const requestId = randomUUID();
  const body = bodyOf(why, requestId);
  res.writeHead(status, { ...headersOf(body, requestId), connection: 'close' });
  res.end(req.method === 'HEAD' ? undefined : body);
  return { reason, status, method: req.method ?? '', requestId, peer: req.socket.remoteAddress };
}

/** Answers on a socket that left the HTTP server's care, or never reached it. The caller sees to its end. */
export function refuseSocket(socket: Socket, reason: EdgeReason): EdgeRefusal {
  const { status, why } = ANSWERS[reason];
  const requestId = randomUUID();
  const body = bodyOf(why, requestId);
  const head = Object.entries({ ...headersOf(body, requestId), connection: 'close' })
    .map(([name, value]) => `${name}: ${String(value)}\r\n`)
    .join('');
  socket.write(`HTTP/1.1 ${String(status)} ${STATUS_CODES[status] ?? ''}\r\n${head}\r\n${body}`);
  return { reason, status, method: '', requestId, peer: socket.remoteAddress };
}

function headersOf(body: string, requestId: string) {
  return {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
    'x-request-id': requestId,
  };
}

function bodyOf(why: string, requestId: string): string {
  return JSON.stringify({ error: 'invalid_request', error_description: `${why}; reference ${requestId}` });
}
