import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import type { Feed, FeedPosition } from '../store/index.ts';
import { parseEntry } from './revocation.ts';
import type { Revocation, RevocationSubject } from './revocation.ts';
import type { RevocationList } from './revocation-list.ts';
import { createRevocationList } from './revocation-list.ts';

/**
 * How long entries matter (ms): the longest access token (1 h) with leeway. Streams are cut when an entry arrives, so
 * they need no longer memory.
 */
export const REVOCATION_KEEP_MS = 65 * 60_000;
const WAIT_MS = 1_000;
/** Heartbeats come every second; after this long without one the whole window is read again (ms). */
const SILENCE_MS = 3_000;
const RETRY_MS = 250;

export type RevokedKinds = ReadonlySet<Revocation['kind']>;

export interface RevocationFeed {
  readonly isRevoked: (subject: RevocationSubject, kid: string) => boolean;
  /** Called with the kinds of new entries after they took effect; the function returned ends it. */
  readonly onRevoked: (listener: (kinds: RevokedKinds) => void) => () => void;
  /** Called when the feed was read anew after a gap, a silence or a fault: something of ours may have been lost. */
  readonly onResumed: (listener: () => void) => () => void;
  /** Seconds since the feed last proved to be alive. */
  readonly ageSeconds: () => number;
  readonly close: () => Promise<void>;
}

/**
 * Follows the feed and keeps what it says. A gap, 3 s of silence or a fault make it read the whole window again;
 * what it knows already stays, because a failover may have lost entries that were in force.
 * @throws StoreUnavailableError when the first window cannot be read.
 */
export async function followRevocations(deps: { feed: Feed; clock: Clock }): Promise<RevocationFeed> {
  const list = createRevocationList();
  const revoked = new Set<(kinds: RevokedKinds) => void>();
  const resumed = new Set<() => void>();
  const follower = createFollower(deps, list, {
    onEntries: (kinds) => {
      for (const listener of revoked) listener(kinds);
    },
    onResumed: () => {
      for (const listener of resumed) listener();
    },
  });
  await follower.readWindow();
  const running = follower.run();
  return {
    isRevoked: list.isRevoked,
    onRevoked: (listener) => subscribe(revoked, listener),
    onResumed: (listener) => subscribe(resumed, listener),
    ageSeconds: follower.ageSeconds,
    close: async () => {
      follower.stop();
      await deps.feed.close();
      await running;
    },
  };
}

function createFollower(
  { feed, clock }: { feed: Feed; clock: Clock },
  list: RevocationList,
  tell: { onEntries: (kinds: RevokedKinds) => void; onResumed: () => void },
) {
  let position: FeedPosition | undefined;
  let aliveAt = performance.now();
  let isStopped = false;

  const apply = (entries: readonly string[]) => {
    const now = clock.now();
    if (entries.length === 0) return;
    const parsed = entries.map((entry) => parseEntry(entry, now));
    for (const entry of parsed) list.add(entry);
    list.forgetBefore(now - REVOCATION_KEEP_MS);
    tell.onEntries(new Set(parsed.map(({ kind }) => kind)));
  };

  const readWindow = async () => {
    const page = await feed.window();
    position = page.position;
    apply(page.entries);
    if (page.isAlive) aliveAt = performance.now();
  };

  const goOn = async (from: FeedPosition) => {
    const page = await feed.after(from, WAIT_MS);
    apply(page.entries);
    position = page.isGapless ? page.position : undefined;
    if (page.isAlive) aliveAt = performance.now();
    else if (performance.now() - aliveAt > SILENCE_MS) position = undefined;
  };

  const step = async () => {
    if (position !== undefined) {
      await goOn(position);
      return;
    }
    await readWindow();
    tell.onResumed();
    // A silent feed is read again and again: not faster than a living one beats.
    if (performance.now() - aliveAt > SILENCE_MS) await delay(WAIT_MS, undefined, { ref: false });
  };

  return {
    readWindow,
    ageSeconds: () => (performance.now() - aliveAt) / 1000,
    stop: () => {
      isStopped = true;
    },
    run: async () => {
      while (!isStopped) {
        try {
          await step();
        } catch {
          // Told by the store's own fault log and by the growing age; calls go on under what is known.
          position = undefined;
          await delay(RETRY_MS, undefined, { ref: false });
        }
      }
    },
  };
}

function subscribe<L>(listeners: Set<L>, listener: L): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
