import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { AddressCounts } from '../../../gateway/limits/address-counts.ts';
import { createAddressCounts } from '../../../gateway/limits/address-counts.ts';
import type { Key } from '../../../shared/store/index.ts';
import { StoreUnavailableError } from '../../../shared/store/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const ADDRESS = '198.51.100.7';
const WINDOW_MS = 60_000;
const TELL_MS = 250;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Gateways that share a counter; what each told it, in order. */
function gateways(number: number, limit: number) {
  const clock = fakeClock();
  const totals = new Map<string, number>();
  const told: number[] = [];
  const state = { isAway: false, isLost: false, answers: Promise.resolve(), attempts: 0 };
  const store = {
    addToCounter: async (key: Key, by: number) => {
      state.attempts += 1;
      await state.answers;
      if (state.isAway) throw new StoreUnavailableError('away');
      told.push(by);
      totals.set(key.text, (totals.get(key.text) ?? 0) + by);
      if (state.isLost) throw new StoreUnavailableError('the answer was lost');
      return totals.get(key.text) ?? 0;
    },
  };
  const make = () => {
    const counts = createAddressCounts({ store, clock, name: 'token', windowMs: WINDOW_MS, limit });
    onTestFinished(counts.close);
    return counts;
  };
  const pass = async (milliseconds: number) => {
    clock.advance(milliseconds);
    await vi.advanceTimersByTimeAsync(milliseconds);
  };
  const all = Array.from({ length: number }, make) as [AddressCounts, ...AddressCounts[]];
  return { all, clock, told, state, pass, totals };
}

const hits = (counts: AddressCounts, address = ADDRESS) => {
  const answer = counts.increment(address);
  if (answer instanceof Promise) throw new Error('counting must wait for nothing');
  return answer.totalHits;
};

describe('counts of one gateway', () => {
  it('are exact without the store, until the end of a window that is aligned to the clock', async () => {
    const { all, clock, pass } = gateways(1, 1000);
    const [counts] = all;
    const windowEnd = clock.now() + WINDOW_MS;
    await pass(10_000);
    expect([hits(counts), hits(counts), hits(counts, 'another'), hits(counts)]).toEqual([1, 2, 1, 3]);
    await pass(WINDOW_MS - 10_001);
    expect(counts.increment(ADDRESS)).toEqual({ totalHits: 4, resetTime: new Date(windowEnd) });
    await pass(1);
    expect(counts.increment(ADDRESS)).toEqual({ totalHits: 1, resetTime: new Date(windowEnd + WINDOW_MS) });
  });

  it('are told only from a tenth of the limit on: an ordinary client costs no store command', async () => {
    const { all, told, pass } = gateways(1, 1000);
    for (let index = 0; index < 99; index += 1) hits(all[0]);
    await pass(WINDOW_MS - 1);
    expect(told).toEqual([]);
    hits(all[0]);
    await pass(0);
    expect(told).toEqual([100]);
  });

  it('are told at once, then together every 250 ms, then not at all', async () => {
    const { all, told, pass } = gateways(1, 10);
    for (let index = 0; index < 5; index += 1) hits(all[0]);
    await pass(0);
    expect(told).toEqual([1]);
    await pass(TELL_MS - 1);
    expect(told).toEqual([1]);
    await pass(1);
    expect(told).toEqual([1, 4]);
    await pass(10 * TELL_MS);
    expect(told).toEqual([1, 4]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('are told one at a time about an address, however long the store takes', async () => {
    const { all, told, state, pass } = gateways(1, 10);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    state.answers = promise.then(() => undefined);
    for (let index = 0; index < 5; index += 1) {
      expect(hits(all[0])).toBe(index + 1);
      await pass(TELL_MS);
    }
    expect(state.attempts).toBe(1);
    resolve(undefined);
    await pass(TELL_MS);
    expect(told).toEqual([1, 4]);
  });

  it('take back what was counted, once at most, before and after it was told', async () => {
    const { all, told, pass } = gateways(1, 10);
    const [counts] = all;
    hits(counts);
    void counts.decrement(ADDRESS);
    await pass(TELL_MS);
    expect(told).toEqual([1, -1]);
    void counts.decrement(ADDRESS);
    await pass(TELL_MS);
    expect(told).toEqual([1, -1]);
    expect(hits(counts)).toBe(1);
  });

  it('forget the address that asked longest ago beyond ten thousand', () => {
    const { all } = gateways(1, 1000);
    for (let index = 0; index <= 10_000; index += 1) hits(all[0], `address ${String(index)}`);
    expect(hits(all[0], 'address 0')).toBe(1);
    expect(hits(all[0], 'address 10000')).toBe(2);
  });

  it('of an address that was forgotten are not told either: what waits is bounded', async () => {
    const { all, state, pass, told } = gateways(1, 1);
    state.isAway = true;
    for (let index = 0; index < 10_100; index += 1) hits(all[0], `address ${String(index)}`);
    await pass(2_000);
    state.isAway = false;
    await pass(20_000);
    expect(told).toHaveLength(10_000);
  });

  it('are not told any more when they are closed', async () => {
    const { all, told, pass } = gateways(1, 10);
    hits(all[0]);
    hits(all[0]);
    all[0].close();
    hits(all[0]);
    hits(all[0], 'another');
    await pass(WINDOW_MS - 1);
    expect(told).toEqual([1]);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('counts of several gateways', () => {
  it('are everybody’s after a telling', async () => {
    const { all, pass } = gateways(2, 10);
    const [one, other] = all;
    for (let index = 0; index < 8; index += 1) hits(one);
    await pass(TELL_MS);
    expect(other && hits(other)).toBe(1);
    await pass(0);
    expect(other && hits(other)).toBe(10);
  });

  it('let no more through than the limit and a tenth for each other gateway, once they have told', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 40 }),
        fc.array(fc.integer({ min: 0, max: 2 }), { maxLength: 150 }),
        async (limit, requests) => {
          const { all, pass } = gateways(3, limit);
          let passed = 0;
          for (const gateway of requests) {
            const counts = all[gateway];
            if (counts !== undefined && hits(counts) <= limit) passed += 1;
            await pass(0);
            await pass(TELL_MS);
          }
          expect(passed).toBeLessThanOrEqual(limit + 2 * Math.ceil(limit / 10));
        },
      ),
      { numRuns: 40 },
    );
  });

  it.each([
    ['is away', { isAway: true }],
    ['answers too late to be heard', { isLost: true }],
  ])('let no more through than the limit each while the store %s', async (_title, fault) => {
    const { all, state, pass } = gateways(3, 20);
    Object.assign(state, fault);
    for (const counts of all) {
      let passed = 0;
      for (let index = 0; index < 50; index += 1) {
        if (hits(counts) <= 20) passed += 1;
        await pass(10);
      }
      expect(passed).toBe(20);
    }
  });

  it('are told when the store is back in the same window, one address first, then all', async () => {
    const { all, state, told, pass, totals } = gateways(1, 10);
    state.isAway = true;
    const addresses = Array.from({ length: 50 }, (_, index) => `address ${String(index)}`);
    for (const address of addresses) {
      hits(all[0], address);
      hits(all[0], address);
    }
    await pass(5_000);
    const { attempts } = state;
    for (let index = 0; index < 50; index += 1) hits(all[0], `new address ${String(index)}`);
    await pass(1_000);
    expect(state.attempts - attempts).toBe(1);
    state.isAway = false;
    await pass(1_000);
    expect(told).toHaveLength(1);
    await pass(TELL_MS);
    expect(told).toHaveLength(100);
    expect([...totals.values()].reduce((sum, each) => sum + each)).toBe(150);
  });

  it('are not told when the window ended before the store was back', async () => {
    const { all, state, told, pass } = gateways(1, 10);
    state.isAway = true;
    hits(all[0]);
    await pass(WINDOW_MS);
    state.isAway = false;
    await pass(5_000);
    expect(told).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('stay what this gateway counted itself when the shared counter was lost', async () => {
    const { all, pass, totals } = gateways(1, 10);
    for (let index = 0; index < 8; index += 1) hits(all[0]);
    await pass(TELL_MS);
    totals.clear();
    hits(all[0]);
    await pass(TELL_MS);
    expect(hits(all[0])).toBe(10);
  });
});
