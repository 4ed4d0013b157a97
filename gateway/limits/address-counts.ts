import type { Store as RateLimitStore } from 'express-rate-limit';
import { LRUCache } from 'lru-cache';
import type { Clock } from '../../shared/clock.ts';
import type { Store } from '../../shared/store/index.ts';
import { keys } from '../../shared/store/index.ts';

/** How long a gateway waits at least between two tellings about one address (ms). */
const TELL_EVERY_MS = 250;
/** An address is told about from this part of its limit on: far from the limit nobody needs to know. */
const TOLD_FROM = 1 / 10;
/** Most addresses told about in one go: bounds how long an embedded store holds the event loop. */
const TOLD_AT_ONCE = 500;
/** After a failure only one address is tried, this often (ms), until the store answers. */
const RETRY_AFTER_MS = 1_000;
/** Addresses that one limit knows at a time; the one that asked longest ago is forgotten. */
const MAX_ADDRESSES = 10_000;

/** What one address did in the present window. */
interface AddressCount {
  readonly address: string;
  /** What this gateway counted: exact, whatever the store says. */
  own: number;
  /** What all gateways had told when we told last. */
  told: number;
  /** Of `own`, what is on its way to the store. */
  telling: number;
  /** Of `own`, what nobody was told. */
  untold: number;
}

interface Window {
  readonly endsAt: number;
  readonly counts: LRUCache<string, AddressCount>;
  /** Told about lately, or about to be: the next telling waits for the timer. */
  readonly waiting: Set<AddressCount>;
}

export interface AddressCountsDeps {
  readonly store: Pick<Store, 'addToCounter'>;
  readonly clock: Clock;
  /** Names the limit in the store. */
  readonly name: string;
  readonly windowMs: number;
  readonly limit: number;
}

/**
 * Counts for one limit by address, shared by all gateways of a store, for express-rate-limit. Windows are aligned to the
 * clock, so that gateways agree on them. Counting is done in memory and waits for nothing; what was counted is added to
 * the shared counter in the background and the answer brings everybody's total. Of N gateways none ever lets more than
 * `limit` through in a window. Together they let `limit` through, a tenth of it for each gateway that has not told
 * about the address yet, and what comes in the quarter of a second until the next telling.
 *
 * While the store is away each gateway counts for itself. What it counted is told when the store is back, if the window
 * is still the same; after an answer that did not come it may be added twice, which is strict for at most one window.
 */
export interface AddressCounts extends RateLimitStore {
  /** Tells nothing any more. */
  readonly close: () => void;
}

export function createAddressCounts(deps: AddressCountsDeps): AddressCounts {
  const { clock, windowMs } = deps;
  const teller = createTeller(deps);
  let window = openWindow(0);
  const present = (): Window => {
    const endsAt = (Math.floor(clock.now() / windowMs) + 1) * windowMs;
    if (window.endsAt !== endsAt) window = openWindow(endsAt);
    return window;
  };
  const change = (address: string, by: number) => {
    const { counts, endsAt } = present();
    let count = counts.get(address);
    if (count === undefined) {
      count = { address, own: 0, told: 0, telling: 0, untold: 0 };
      counts.set(address, count);
    }
    // Only what was counted here is taken back: a count that was forgotten meanwhile stays counted.
    const step = Math.max(by, -count.own);
    count.own += step;
    count.untold += step;
    teller.changed(window, count);
    const totalHits = Math.max(count.own, count.told + count.telling + count.untold);
    return { totalHits, resetTime: new Date(endsAt) };
  };
  return {
    increment: (address) => change(address, 1),
    decrement: (address) => void change(address, -1),
    // Takes back what this gateway counted.
    resetKey: (address) => void change(address, -Infinity),
    close: teller.close,
  };
}

function openWindow(endsAt: number): Window {
  const waiting = new Set<AddressCount>();
  const counts = new LRUCache<string, AddressCount>({
    max: MAX_ADDRESSES,
    dispose: (count) => void waiting.delete(count),
  });
  return { endsAt, counts, waiting };
}

/** Tells the store what was counted: the first time at once, then every 250 ms as long as there is something to tell. */
function createTeller({ store, clock, name, limit }: AddressCountsDeps) {
  const toldFrom = Math.ceil(limit * TOLD_FROM);
  let window: Window | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isAway = false;
  let isClosed = false;

  const tell = async (of: Window, count: AddressCount): Promise<void> => {
    count.telling = count.untold;
    count.untold = 0;
    try {
      const key = keys.addressCount(name, count.address, of.endsAt);
      count.told = await store.addToCounter(key, count.telling, of.endsAt);
      isAway = false;
    } catch {
      // Away, or it is unknown what happened: this gateway goes on counting for itself and tells later.
      count.untold += count.telling;
      isAway = true;
    }
    count.telling = 0;
  };

  const tellWaiting = (of: Window) => {
    let left = isAway ? 1 : TOLD_AT_ONCE;
    for (const count of of.waiting) {
      if (left === 0) return;
      if (count.telling !== 0) continue;
      of.waiting.delete(count);
      if (count.untold === 0) continue;
      // To the end of the queue, so that every address has its turn.
      of.waiting.add(count);
      left -= 1;
      void tell(of, count);
    }
  };

  const arm = () => {
    if (isClosed || timer !== undefined || window === undefined || window.waiting.size === 0) return;
    timer = setTimeout(
      () => {
        timer = undefined;
        // What a window that ended left untold is of no use to anybody.
        if (window !== undefined && window.endsAt <= clock.now()) window = undefined;
        if (window !== undefined) tellWaiting(window);
        arm();
      },
      isAway ? RETRY_AFTER_MS : TELL_EVERY_MS,
    ).unref();
  };

  return {
    changed: (of: Window, count: AddressCount) => {
      if (isClosed) return;
      window = of;
      if (count.own < toldFrom && count.told === 0) return;
      const isFirst = !of.waiting.has(count);
      of.waiting.add(count);
      if (isFirst && !isAway && count.untold !== 0) void tell(of, count);
      arm();
    },
    close: () => {
      isClosed = true;
      clearTimeout(timer);
    },
  };
}
