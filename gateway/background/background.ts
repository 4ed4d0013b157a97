import type { Platform } from '../../shared/platform/index.ts';
import { faultLog } from '../../shared/platform/index.ts';
import { StoreUnavailableError } from '../../shared/store/index.ts';
import type { SweepJob } from './sweeper.ts';
import { startSweeper } from './sweeper.ts';

/** What a gateway does by itself, every so often. */
export interface PeriodicJob {
  readonly name: string;
  readonly everyMs: number;
  readonly run: () => Promise<void>;
}

/** All that a gateway does without being asked: what every gateway does for itself, and what one does for all. */
export function startBackground(
  { store, clock, logger }: Pick<Platform, 'store' | 'clock' | 'logger'>,
  { own, shared }: { readonly own: readonly PeriodicJob[]; readonly shared: readonly SweepJob[] },
): { stop(): Promise<void> } {
  const timers = own.map(({ name, everyMs, run }) => {
    const tell = faultLog(logger, `${name} failed`);
    return setInterval(() => {
      run().catch((error: unknown) => {
        // A store that is away is everybody's news already; what is there goes on.
        if (!(error instanceof StoreUnavailableError)) tell(error);
      });
    }, everyMs).unref();
  });
  const onFault = (error: unknown, job: string | undefined) => {
    logger.error({ err: error }, job === undefined ? 'the sweep failed' : `${job} failed`);
  };
  const sweeper = startSweeper({ store, clock, jobs: shared, onFault });
  return {
    stop: async () => {
      for (const timer of timers) clearInterval(timer);
      await sweeper.stop();
    },
  };
}
