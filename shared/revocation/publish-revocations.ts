import type { Clock } from '../clock.ts';
import type { Feed } from '../store/index.ts';
import { formatEntry } from './revocation.ts';
import type { Revocation } from './revocation.ts';

const BEAT_MS = 1_000;
/** Entries that wait for the store; beyond it one is dropped, whose bound is then the life of the token. */
const MAX_PENDING = 10_000;

export interface RevocationPublisher {
  /**
   * Tells all processes. Never fails: what the store does not take now is tried again every second, because the grant
   * itself has ended already.
   */
  readonly publish: (revocation: Revocation) => Promise<void>;
  readonly close: () => Promise<void>;
}

/** The writing side of the feed, in gateways: entries, and the heartbeat that readers judge its health by. */
export function createRevocationPublisher(deps: {
  feed: Feed;
  clock: Clock;
  onFault: (error: unknown) => void;
}): RevocationPublisher {
  const { feed, clock } = deps;
  const pending: string[] = [];
  let flushing: Promise<void> | undefined;
  const flushAll = async () => {
    try {
      for (let entry = pending[0]; entry !== undefined; entry = pending[0]) {
        await feed.append(entry);
        pending.shift();
      }
    } finally {
      flushing = undefined;
    }
  };
  /** One at a time, so that order is kept. Entries that came while one ended are found by looking again. */
  const flush = async () => {
    while (pending.length > 0) {
      flushing ??= flushAll();
      await flushing;
    }
  };
  const beat = setInterval(() => {
    void flush()
      .then(feed.beat)
      .catch(() => undefined);
  }, BEAT_MS).unref();
  return {
    publish: async (revocation) => {
      if (pending.length >= MAX_PENDING) pending.pop();
      pending.push(formatEntry({ ...revocation, at: clock.now() }));
      await flush().catch(deps.onFault);
    },
    close: async () => {
      clearInterval(beat);
      await feed.close();
    },
  };
}
