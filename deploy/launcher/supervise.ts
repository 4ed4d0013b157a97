import type { Child, ChildPlan } from './child.ts';
import { startChild } from './child.ts';
import { followLog } from './follow-log.ts';
import { LauncherFault } from './launcher-fault.ts';

/** How long all children together may take to become ready (ms). */
const READY_LIMIT_MS = 30_000;

export interface Supervision {
  /** Started all at once, stopped stage by stage. */
  readonly stages: readonly (readonly ChildPlan[])[];
  /** Runs once all are ready; `stay` keeps the children until a signal comes, `stop` ends them. */
  readonly whenReady: () => Promise<'stay' | 'stop'>;
  readonly verbose: boolean;
  readonly print: (line: string) => void;
}

/**
 * Runs the children until a signal, the end of the work, or the death of one of them; then stops all of them.
 * Answers which of the first two it was.
 * @throws LauncherFault when a child dies unasked or is not ready in time, and whatever `whenReady` throws; the
 *   children are gone by then too
 */
export async function supervise({
  stages,
  whenReady,
  verbose,
  print,
}: Supervision): Promise<'signal' | 'done'> {
  const signal = listenForSignals();
  const children = stages.map((stage) => stage.map(startChild));
  const all = children.flat();
  const followers = verbose ? all.map(({ plan }) => followLog(plan.name, plan.logFile, print)) : [];
  try {
    const work = async () => {
      await allReady(all);
      return (await whenReady()) === 'stay' ? await signal.received : 'done';
    };
    return await Promise.race([work(), signal.received, ...all.map((child) => child.died)]);
  } finally {
    for (const stage of children) await Promise.all(stage.map((child) => child.stop()));
    for (const follower of followers) follower.stop();
    signal.forget();
  }
}

async function allReady(children: readonly Child[]): Promise<void> {
  const waiting = new Set(children.map(({ plan }) => plan.name));
  let limit: NodeJS.Timeout | undefined;
  const tooLate = new Promise<never>((_resolve, reject) => {
    limit = setTimeout(() => {
      const seconds = READY_LIMIT_MS / 1000;
      reject(new LauncherFault(`not ready after ${seconds} s: ${[...waiting].join(', ')}`));
    }, READY_LIMIT_MS);
  });
  const ready = children.map(async (child) => {
    await child.ready();
    waiting.delete(child.plan.name);
  });
  try {
    await Promise.race([Promise.all(ready), tooLate]);
  } finally {
    clearTimeout(limit);
  }
}

const STOP_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** How often it is looked whether the parent is still there (ms). */
const PARENT_POLL_MS = 500;

/**
 * Calls back when the shell is gone that npm started us in: a SIGTERM to npm ends the shell and nothing else, and all that
 * was launched would go on as orphans. Who starts us without npm may leave us on purpose.
 */
function followParent(onGone: () => void): () => void {
  if (process.env['npm_lifecycle_event'] === undefined) return () => undefined;
  const parent = process.ppid;
  const poll = setInterval(() => {
    if (process.ppid !== parent) onGone();
  }, PARENT_POLL_MS).unref();
  return () => {
    clearInterval(poll);
  };
}

/**
 * npm passes a terminal's Ctrl-C on, so that it may arrive twice: only the first counts, and the bounded stop goes on.
 */
function listenForSignals(): { received: Promise<'signal'>; forget(): void } {
  const { promise: received, resolve } = Promise.withResolvers<'signal'>();
  const listener = () => {
    resolve('signal');
  };
  for (const name of STOP_SIGNALS) process.on(name, listener);
  const forgetParent = followParent(listener);
  return {
    received,
    forget: () => {
      forgetParent();
      for (const name of STOP_SIGNALS) process.off(name, listener);
    },
  };
}
