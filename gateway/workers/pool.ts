import { Pool } from 'undici';
import type { Clock } from '../../shared/clock.ts';
import { createSlots } from './slots.ts';
import type { Worker } from './worker.ts';

/** Sockets per worker; calls beyond them wait. */
const CONNECTIONS_PER_WORKER = 128;
/** Calls that may wait for each worker there is. */
const WAITING_PER_WORKER = 256;
const CONNECT_TIMEOUT_MS = 2_000;
/** A worker that refused a connection is passed over for this long while others exist. */
const SUSPECT_MS = 2_000;

/** Who wants a place, and for how long. */
export interface PlaceWanted {
  readonly account: string;
  readonly tried: ReadonlySet<Worker>;
  readonly timeoutMs: number;
  /** Asked for when the call must wait; aborted when nobody waits for the answer any more. */
  readonly signal: () => AbortSignal;
}

export interface WorkerPool {
  readonly workers: readonly Worker[];
  /**
   * A place at the least busy worker that is not among `tried`, suspects only when nobody else is left; where all are
   * busy the call waits. `none`: all were tried. `overloaded`: the queue is full, or the wait took too long.
   */
  acquire(wanted: PlaceWanted): Worker | 'none' | Promise<Worker | 'overloaded'>;
  /** Gives the place back. */
  release(worker: Worker): void;
  suspect(worker: Worker): void;
  readonly close: () => Promise<void>;
}

/** undici sockets, not `http.Agent`'s: Node's keep-alive agent can hand one user another's answer. */
export function createWorkerPool(options: {
  urls: readonly string[];
  /** Milliseconds of silence inside an answer; workers send a comment every 15 s. */
  bodyTimeoutMs: number;
  clock: Clock;
}): WorkerPool {
  const workers = options.urls.map((url) => openWorker(url, options.bodyTimeoutMs));
  const slots = createSlots({
    perWorker: CONNECTIONS_PER_WORKER,
    maxWaiting: WAITING_PER_WORKER * workers.length,
  });
  let turn = 0;
  const pick = (candidates: readonly Worker[]): Worker | undefined => {
    // Starting elsewhere each time spreads calls over workers that are equally busy.
    turn = (turn + 1) % Math.max(1, candidates.length);
    let best: Worker | undefined;
    for (let step = 0; step < candidates.length; step += 1) {
      const worker = candidates[(turn + step) % candidates.length];
      if (worker === undefined || !slots.hasFree(worker)) continue;
      if (best === undefined || worker.inFlight < best.inFlight) best = worker;
    }
    return best;
  };
  return {
    workers,
    acquire: ({ account, tried, timeoutMs, signal }) => {
      const now = options.clock.now();
      const untried = tried.size === 0 ? workers : workers.filter((worker) => !tried.has(worker));
      const trusted = untried.filter((worker) => worker.suspectUntil <= now);
      const eligible = trusted.length > 0 ? trusted : untried;
      const worker = pick(eligible);
      if (worker !== undefined) {
        slots.take(worker);
        return worker;
      }
      if (eligible.length === 0) return 'none';
      const mayTake = (free: Worker) => eligible.includes(free);
      return slots
        .wait({ account, mayTake, timeoutMs, signal: signal() })
        .then((free) => free ?? 'overloaded');
    },
    release: slots.release,
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

function openWorker(url: string, bodyTimeout: number): Worker {
  const { origin } = new URL(url);
  const pool = new Pool(origin, {
    connections: CONNECTIONS_PER_WORKER,
    pipelining: 1,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    bodyTimeout,
    keepAliveTimeout: 30_000,
  });
  return { origin, pool, inFlight: 0, suspectUntil: 0 };
}
