import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Connections } from './connections.ts';
import type { EdgeReason, EdgeRefusal } from './refusal.ts';
import { refuseRequest, refuseSocket } from './refusal.ts';
import type { FormRules } from './request-form.ts';
import { judgeForm } from './request-form.ts';

/** What a slow or hostile client may cost: a header block, its time, and the time until a body must be in (ms). */
const LIMITS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  // Node looks for what is overdue every 30 s by itself: a header block would get up to 40 s.
  connectionsCheckingInterval: 1_000,
  insecureHTTPParser: false,
  // Judged here: Node's own refusal has no body, no log line and no count, and meets probes that speak HTTP/1.0.
  requireHostHeader: false,
} as const;

/** A peer that takes nothing of what is written to it for this long is cut (ms). */
const UNREAD_MS = 30_000;
/** A refusal on a bare socket has this long to get out (ms). */
const FAREWELL_MS = 2_000;

/** Methods that some route serves; after another one the connection is closed with its answer. */
const SERVED_METHODS = ['GET', 'HEAD', 'POST', 'OPTIONS'];

export interface GuardedServerOptions {
  readonly connections: Connections;
  readonly form: FormRules;
  readonly keepAliveMs: number;
  readonly onConnections: ((delta: number) => void) | undefined;
  readonly onRefused: ((refusal: EdgeRefusal) => void) | undefined;
}

/**
 * A plain HTTP/1.1 server none of whose sockets leaves its care, whatever a peer offers or breaks off. An offer to
 * upgrade is ignored, as RFC 9110 §7.8 allows: Java's client and HAProxy offer h2c with every request. Nothing listens for
 * `upgrade`, because Node hands the bare socket to whoever does, without a timeout and without an error listener.
 */
export function createGuardedServer(listener: RequestListener, options: GuardedServerOptions): Server {
  const { connections, form } = options;
  const tell = (refusal: EdgeRefusal) => options.onRefused?.(refusal);
  /** The last exchange on a socket: into its answer nothing else may be written. */
  const exchanges = new WeakMap<Socket, Exchange>();

  const serve = (req: IncomingMessage, res: ServerResponse) => {
    const { socket } = req;
    connections.began(socket);
    exchanges.set(socket, { req, res });
    res.once('close', () => {
      connections.ended(socket);
    });
    if (!SERVED_METHODS.includes(req.method ?? '')) res.setHeader('connection', 'close');
    const fault = settleForm(req, form);
    if (fault !== undefined) tell(refuseRequest(req, res, fault));
    else if (req.url === '*') res.writeHead(204, { allow: SERVED_METHODS.join(', ') }).end();
    else listener(req, res);
  };

  const server = createServer({ ...LIMITS, keepAliveTimeout: options.keepAliveMs }, serve);
  // Node would invite the body at once, before anybody has looked at the request, and answer 417 without a word.
  server.on('checkContinue', serve);
  server.on('checkExpectation', serve);
  server.on('connection', (socket) => {
    // Whatever becomes of the socket, a reset never finds it without a listener: that would end the process.
    socket.on('error', () => undefined);
    const admission = connections.admit(socket);
    if (admission !== 'admitted') tell(atConnectionLimit(socket));
    if (admission === 'refused') {
      socket.destroy();
      return;
    }
    options.onConnections?.(1);
    socket.once('close', () => options.onConnections?.(-1));
    lingerOnClose(socket, () => exchanges.get(socket)?.req);
  });
  server.on('connect', (_req, socket) => {
    // Behind a call that still waits for its answer the refusal would be taken for that answer.
    if (!(socket instanceof Socket) || connections.isBusy(socket)) socket.destroy();
    else tell(dismiss(socket, 'connect'));
  });
  server.on('clientError', (error: ParseError, socket) => {
    const reason = reasonOf(error);
    const exchange =
      socket instanceof Socket && connections.isBusy(socket) ? exchanges.get(socket) : undefined;
    if (!(socket instanceof Socket) || reason === undefined || !mayAnswer(socket, exchange)) {
      socket.destroy();
      return;
    }
    const refusal = dismiss(socket, reason);
    // The request log then says what its sender was told.
    if (exchange !== undefined) exchange.res.statusCode = refusal.status;
    tell(refusal);
  });
  // Idle connections, and those whose peer reads nothing. A call that waits for its answer is neither.
  server.setTimeout(UNREAD_MS, (socket: Socket) => {
    if (!connections.isBusy(socket) || socket.writableLength > 0) socket.destroy();
  });
  return server;
}

/**
 * A connection that is to close while its peer still sends a body is half-closed, and read until the body is over
 * (RFC 9112 §9.6): else the system answers the rest of the body with a reset, which may take the answer with it. An nginx in
 * front then says 502 where we said 401. Node itself throws away what is read; the peer has `FAREWELL_MS` for it.
 */
function lingerOnClose(socket: Socket, currentRequest: () => IncomingMessage | undefined): void {
  const destroySoon = socket.destroySoon.bind(socket);
  socket.destroySoon = () => {
    const req = currentRequest();
    if (req === undefined || req.complete || !socket.writable) {
      destroySoon();
      return;
    }
    socket.end();
    const cut = setTimeout(() => socket.destroy(), FAREWELL_MS).unref();
    socket.once('close', () => {
      clearTimeout(cut);
    });
    req.once('end', destroySoon);
    req.once('close', destroySoon);
  };
}

interface Exchange {
  readonly req: IncomingMessage;
  readonly res: ServerResponse;
}

function atConnectionLimit(socket: Socket): EdgeRefusal {
  return { reason: 'connection_limit', status: 0, method: '', requestId: '', peer: socket.remoteAddress };
}

/** Only a request whose own body went wrong is answered: behind a complete one the refusal would be taken for its answer. */
function mayAnswer(socket: Socket, exchange: Exchange | undefined): boolean {
  if (!socket.writable) return false;
  return exchange === undefined || (!exchange.req.complete && !exchange.res.headersSent);
}

/** The last word on a socket that nobody else will end. */
function dismiss(socket: Socket, reason: EdgeReason): EdgeRefusal {
  const refusal = refuseSocket(socket, reason);
  socket.destroySoon();
  const cut = setTimeout(() => socket.destroy(), FAREWELL_MS).unref();
  socket.once('close', () => {
    clearTimeout(cut);
  });
  return refusal;
}

/** Judges the form; afterwards the target is a path, and Host what an absolute target named. */
function settleForm(req: IncomingMessage, rules: FormRules): EdgeReason | undefined {
  const form = {
    method: req.method ?? '',
    httpVersion: req.httpVersion,
    target: req.url ?? '',
    hosts: req.headersDistinct['host'] ?? [],
    transferCoding: req.headers['transfer-encoding'],
    expectation: req.headers.expect,
    localPort: req.socket.localPort,
  };
  const judged = judgeForm(form, rules);
  if (!judged.ok) return judged.fault;
  req.url = judged.target;
  if (judged.authority !== undefined) req.headers.host = judged.authority;
  return undefined;
}

type ParseError = NodeJS.ErrnoException & { readonly rawPacket?: Buffer };

const REASON_OF_CODE: Readonly<Record<string, EdgeReason>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'too_slow',
  HPE_HEADER_OVERFLOW: 'header_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'chunk_extension_too_large',
};
const HTTP2_PREFACE = 'PRI * HTTP/2';
const TLS_HANDSHAKE = 0x16;

/** Why a request could not be read; undefined when the peer is simply gone. */
function reasonOf({ code = '', rawPacket }: ParseError): EdgeReason | undefined {
  const known = REASON_OF_CODE[code];
  if (known !== undefined || !code.startsWith('HPE_')) return known;
  if (rawPacket?.[0] === TLS_HANDSHAKE) return 'tls';
  const start = rawPacket?.subarray(0, HTTP2_PREFACE.length).toString('latin1') ?? '';
  if (start === HTTP2_PREFACE) return 'http2';
  return code === 'HPE_INVALID_METHOD' && /^[A-Za-z]+ /.test(start) ? 'unknown_method' : 'malformed';
}
