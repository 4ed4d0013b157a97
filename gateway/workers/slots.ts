import type { Worker } from './worker.ts';

/** Somebody who waits until a worker has a free place. */
interface Waiting {
  readonly mayTake: (worker: Worker) => boolean;
  readonly settle: (worker: Worker | undefined) => void;
}

export interface SlotRules {
  /** Calls at one worker at a time. */
  readonly perWorker: number;
  /** Calls that wait, over all workers. */
  readonly maxWaiting: number;
}

/**
 * Places at workers, and the queue for them. It is ours and not the HTTP client's, because there a call that waits cannot
 * be given up: it would hold its body long after its caller was answered. Accounts take turns, so that one person with
 * many calls does not stand in front of everybody else's first.
 */
export interface Slots {
  readonly hasFree: (worker: Worker) => boolean;
  take(worker: Worker): void;
  /** Hands the place to the next in turn. */
  readonly release: (worker: Worker) => void;
  /**
   * Waits for a place at one of the workers that `mayTake` names, which is then taken. Undefined when the queue is full,
   * when the time is over, or when `signal` says that nobody waits any more.
   */
  wait(of: {
    readonly account: string;
    readonly mayTake: (worker: Worker) => boolean;
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
  }): Promise<Worker | undefined>;
}

export function createSlots(rules: SlotRules): Slots {
  /** In turn: the account that was served goes to the end. */
  const queues = new Map<string, Set<Waiting>>();
  let waitingCount = 0;

  const remove = (account: string, waiting: Waiting) => {
    const queue = queues.get(account);
    if (queue?.delete(waiting) !== true) return;
    waitingCount -= 1;
    if (queue.size === 0) queues.delete(account);
  };

  const nextFor = (worker: Worker): Waiting | undefined => {
    for (const [account, queue] of queues) {
      const waiting = firstFor(queue, worker);
      if (waiting === undefined) continue;
      remove(account, waiting);
      if (queue.size > 0) {
        queues.delete(account);
        queues.set(account, queue);
      }
      return waiting;
    }
    return undefined;
  };

  return {
    hasFree: (worker) => worker.inFlight < rules.perWorker,
    take: (worker) => {
      worker.inFlight += 1;
    },
    release: (worker) => {
      const waiting = nextFor(worker);
      if (waiting === undefined) worker.inFlight -= 1;
      else waiting.settle(worker);
    },
    wait: async ({ account, mayTake, timeoutMs, signal }) => {
      if (waitingCount >= rules.maxWaiting || timeoutMs <= 0 || signal.aborted) return undefined;
      return await new Promise((resolve) => {
        const waiting: Waiting = {
          mayTake,
          settle: (worker) => {
            clearTimeout(late);
            signal.removeEventListener('abort', giveUp);
            resolve(worker);
          },
        };
        const giveUp = () => {
          remove(account, waiting);
          waiting.settle(undefined);
        };
        const late = setTimeout(giveUp, timeoutMs);
        signal.addEventListener('abort', giveUp, { once: true });
        const queue = queues.get(account) ?? new Set<Waiting>();
        queues.set(account, queue.add(waiting));
        waitingCount += 1;
      });
    },
  };
}

function firstFor(queue: ReadonlySet<Waiting>, worker: Worker): Waiting | undefined {
  for (const waiting of queue) if (waiting.mayTake(worker)) return waiting;
  return undefined;
}
