import type { Clock } from '../../shared/clock.ts';
import type { Key, Store } from '../../shared/store/index.ts';
import { acquireLease, keys, StoreUnavailableError } from '../../shared/store/index.ts';

const INTERVAL_MS = 5_000;
const LEASE_MS = 60_000;

/** Work that waits in a set until it is due. */
export interface SweepJob {
  readonly name: string;
  readonly due: Key;
  readonly run: () => Promise<unknown>;
}

export interface SweeperDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly jobs: readonly SweepJob[];
  /** `job` is the one that failed, if it was one. */
  readonly onFault: (error: unknown, job: string | undefined) => void;
}

/** Does what is due with GitHub, one gateway at a time; the others find the lease taken and do nothing. */
export function startSweeper(deps: SweeperDeps) {
  let running: Promise<void> | undefined;
  const timer = setInterval(() => {
    running ??= sweep(deps)
      .catch((error: unknown) => {
        // A store that is away is everybody's news already; what is due stays due.
        if (!(error instanceof StoreUnavailableError)) deps.onFault(error, undefined);
      })
      .finally(() => {
        running = undefined;
      });
  }, INTERVAL_MS).unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}

async function sweep(deps: SweeperDeps): Promise<void> {
  for (const job of deps.jobs) {
    try {
      if (!(await runIfDue(deps, job))) return;
    } catch (error) {
      if (error instanceof StoreUnavailableError) throw error;
      // What one job cannot do must not keep the others from theirs.
      deps.onFault(error, job.name);
    }
  }
}

/** False when another gateway is sweeping. */
async function runIfDue({ store, clock }: SweeperDeps, job: SweepJob): Promise<boolean> {
  // Looked at before the lease is taken: an idle gateway writes nothing.
  if ((await store.membersUntil(job.due, clock.now(), 1)).length === 0) return true;
  const lease = await acquireLease({ store, clock }, keys.upstreamSweepLease(), LEASE_MS);
  if (lease === undefined) return false;
  try {
    await job.run();
  } finally {
    await lease.release();
  }
  return true;
}
