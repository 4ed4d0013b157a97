import { Agent, IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { createProxyMiddleware } from 'http-proxy-middleware';
import type { Clock } from '../../shared/clock.ts';
import type { EventBus } from '../../shared/ops/index.ts';
import type { ForwardedCall, ForwardOutcome } from './forward.ts';
import { forwardToWorker } from './forward.ts';
import { createWorkerPool } from './pool.ts';
import type { WorkerPool } from './pool.ts';
import type { Worker } from './worker.ts';

/** Nothing listens on port 0: if the middleware ever used its own transport, the call would fail, not leak. */
const UNROUTABLE = 'http://127.0.0.1:0';
/** A worker's keep-alive comment comes every 15 s. */
const SILENCE_MS = 60_000;
/** The first worker and one more: the promise covers one worker lost at a time. */
const MAX_ATTEMPTS = 2;
/** A call waits at most this long for a worker's free place (ms), counted from its arrival. */
const QUEUE_MS = 5_000;

/** How a call ended; anything but `answered` and `broken_off` left the response untouched. */
export type ProxyOutcome =
  | Exclude<ForwardOutcome, { kind: 'not_sent' }>
  /** No worker could be reached. */
  | { readonly kind: 'no_worker' }
  /** Every worker is busy, and the queue is full or the wait was too long. */
  | { readonly kind: 'overloaded' };

export interface Proxy {
  /** Passes a call to a worker through http-proxy-middleware; resolves when the exchange is over. */
  forward(req: IncomingMessage, res: ServerResponse, call: ForwardedCall): Promise<ProxyOutcome>;
  close(): Promise<void>;
}

/** What our pass does with a request that reached it. */
type Passage = (res: ServerResponse) => void;

/**
 * http-proxy-middleware with its transport replaced: our pass runs before httpxy's stream pass and forwards over
 * undici pools. The coupling is to an anonymous pass of a pinned version, so it is proved at every start.
 * @throws Error when the pass does not run, which means that the middleware changed inside.
 */
export async function createProxy(options: {
  workerUrls: readonly string[];
  requestTimeoutMs: number;
  clock: Clock;
  events: EventBus;
}): Promise<Proxy> {
  const pool = createWorkerPool({
    urls: options.workerUrls,
    bodyTimeoutMs: SILENCE_MS,
    clock: options.clock,
  });
  const passages = new WeakMap<IncomingMessage, Passage>();
  const agent = new Agent({ keepAlive: false, maxSockets: 1 });
  const middleware = createProxyMiddleware({
    target: UNROUTABLE,
    agent,
    ejectPlugins: true,
    plugins: [
      (server) => {
        server.before('web', '', (req, res) => {
          if (!(req instanceof IncomingMessage) || !(res instanceof ServerResponse)) return;
          passages.get(req)?.(res);
          return true;
        });
      },
    ],
  });
  const forward: Proxy['forward'] = async (req, res, call) => {
    const outcome = new Promise<ProxyOutcome>((resolve) => {
      passages.set(req, (answer) => {
        resolve(tryWorkers({ ...options, pool }, call, answer));
      });
    });
    await middleware(req, res);
    return await outcome;
  };
  await proveOurPassRuns(middleware, { passages, agent });
  return { forward, close: pool.close };
}

async function tryWorkers(
  deps: { pool: WorkerPool; requestTimeoutMs: number; clock: Clock; events: EventBus },
  call: ForwardedCall,
  res: ServerResponse,
): Promise<ProxyOutcome> {
  const tried = new Set<Worker>();
  while (tried.size < MAX_ATTEMPTS) {
    const worker = await acquire(deps, call, { tried, res });
    if (worker === 'none') break;
    if (worker === 'overloaded') return { kind: 'overloaded' };
    tried.add(worker);
    const startedAt = deps.clock.now();
    const headersTimeoutMs = Math.max(1, call.arrivedAt + deps.requestTimeoutMs - startedAt);
    const outcome = await forwardToWorker(worker, call, { res, headersTimeoutMs }).finally(() => {
      deps.pool.release(worker);
    });
    report(deps, worker, { outcome, startedAt });
    if (outcome.kind !== 'not_sent') return outcome;
    deps.pool.suspect(worker);
  }
  return { kind: 'no_worker' };
}

/** A client that leaves while its call waits gives up its place in the queue, and with it the body. */
async function acquire(
  { pool, clock }: { pool: WorkerPool; clock: Clock },
  { account, arrivedAt }: ForwardedCall,
  { tried, res }: { tried: ReadonlySet<Worker>; res: ServerResponse },
) {
  let leave = () => {};
  const signal = () => {
    const gone = new AbortController();
    leave = () => {
      gone.abort();
    };
    res.once('close', leave);
    return gone.signal;
  };
  const timeoutMs = arrivedAt + QUEUE_MS - clock.now();
  const worker = await pool.acquire({ account, tried, timeoutMs, signal });
  res.off('close', leave);
  return worker;
}

function report(
  deps: { clock: Clock; events: EventBus },
  worker: Worker,
  { outcome, startedAt }: { outcome: ForwardOutcome; startedAt: number },
): void {
  if (outcome.kind === 'answered') {
    const durationSeconds = (deps.clock.now() - startedAt) / 1000;
    deps.events.emit({
      type: 'proxy.call.finished',
      worker: worker.origin,
      status: outcome.status,
      durationSeconds,
    });
  } else {
    deps.events.emit({ type: 'proxy.call.failed', worker: worker.origin, reason: outcome.kind });
  }
}

/** Runs a request that never leaves the process through the middleware and watches where it comes out. */
async function proveOurPassRuns(
  middleware: (req: IncomingMessage, res: ServerResponse) => Promise<void>,
  watched: { passages: WeakMap<IncomingMessage, Passage>; agent: Agent },
): Promise<void> {
  const req = new IncomingMessage(new Socket());
  req.url = '/self-test';
  req.method = 'POST';
  const res = new ServerResponse(req);
  const ran: ServerResponse[] = [];
  watched.passages.set(req, (answer) => {
    ran.push(answer);
  });
  await middleware(req, res);
  const stockRequests =
    Object.keys(watched.agent.sockets).length + Object.keys(watched.agent.requests).length;
  if (ran.length !== 1 || stockRequests > 0) {
    throw new Error('http-proxy-middleware did not run our transport; this version of it cannot be used');
  }
}
