import { Pool } from 'undici';
import type { Clock } from '../../shared/clock.ts';

/** Sockets per worker; calls beyond them wait in the pool. */
const CONNECTIONS_PER_WORKER = 128;
const CONNECT_TIMEOUT_MS = 2_000;
/** A worker that refused a connection is passed over for this long while others exist. */
const SUSPECT_MS = 2_000;

/** One worker: its sockets and what is known of it. */
export interface Worker {
  /** Its origin; also its name in metrics and logs. */
  readonly origin: string;
  readonly pool: Pool;
  inFlight: number;
  suspectUntil: number;
}

export interface WorkerPool {
  readonly workers: readonly Worker[];
  /** The least busy worker that is not among `tried`; suspects only when nobody else is left. */
  pick(tried: ReadonlySet<Worker>): Worker | undefined;
  suspect(worker: Worker): void;
  readonly close: () => Promise<void>;
}

/** undici sockets, not `http.Agent`'s: Node's keep-alive agent can hand one user another's answer. */
export function createWorkerPool(options: {
  urls: readonly string[];
  /** Milliseconds until a worker must have sent its answer's head. */
  headersTimeoutMs: number;
  /** Milliseconds of silence inside an answer; workers send a comment every 15 s. */
  bodyTimeoutMs: number;
  clock: Clock;
}): WorkerPool {
  const workers = options.urls.map((url): Worker => {
    const { origin } = new URL(url);
    const pool = new Pool(origin, {
      connections: CONNECTIONS_PER_WORKER,
      pipelining: 1,
      connect: { timeout: CONNECT_TIMEOUT_MS },
      headersTimeout: options.headersTimeoutMs,
      bodyTimeout: options.bodyTimeoutMs,
      keepAliveTimeout: 30_000,
    });
    return { origin, pool, inFlight: 0, suspectUntil: 0 };
  });
  let turn = 0;
  return {
    workers,
    pick: (tried) => {
      const now = options.clock.now();
      const candidates = workers.filter((worker) => !tried.has(worker));
      const trusted = candidates.filter((worker) => worker.suspectUntil <= now);
      const eligible = trusted.length > 0 ? trusted : candidates;
      turn += 1;
      // Starting elsewhere each time spreads calls over workers that are equally busy.
      const rotated = eligible.map((_, index) => eligible[(index + turn) % eligible.length]);
      return rotated.reduce<Worker | undefined>(
        (best, worker) =>
          worker !== undefined && (best === undefined || worker.inFlight < best.inFlight) ? worker : best,
        undefined,
      );
    },
    suspect: (worker) => {
      worker.suspectUntil = options.clock.now() + SUSPECT_MS;
    },
    close: async () => {
      await Promise.all(
        workers.map(async (worker) => {
          await worker.pool.destroy();
        }),
      );
    },
  };
}
