import { Pool } from 'undici';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSlots } from '../../../gateway/workers/slots.ts';
import type { Slots } from '../../../gateway/workers/slots.ts';
import type { Worker } from '../../../gateway/workers/worker.ts';

const worker: Worker = {
  origin: 'http://w',
  pool: new Pool('http://127.0.0.1:1'),
  inFlight: 0,
  suspectUntil: 0,
};
const other: Worker = { ...worker, origin: 'http://o' };
let slots: Slots;

beforeEach(() => {
  vi.useFakeTimers();
  worker.inFlight = 0;
  slots = createSlots({ perWorker: 1, maxWaiting: 3 });
  slots.take(worker);
});
afterEach(() => void vi.useRealTimers());

/** Waits, and writes down by whom a place was had. */
function wait(account: string, served: string[], options: { timeoutMs?: number; signal?: AbortSignal } = {}) {
  return slots
    .wait({
      account,
      mayTake: (free) => free === worker,
      timeoutMs: options.timeoutMs ?? 1_000,
      signal: options.signal ?? new AbortController().signal,
    })
    .then((got) => void served.push(`${account} ${got === undefined ? 'gave up' : 'served'}`));
}

const settled = async () => {
  await vi.advanceTimersByTimeAsync(0);
};

describe('S5: the queue for workers', () => {
  it('serves accounts in turn, so that one with many calls is not first for all of them', async () => {
    const served: string[] = [];
    void wait('a', served);
    void wait('a', served);
    void wait('b', served);
    for (let index = 0; index < 3; index += 1) slots.release(worker);
    await settled();
    expect(served).toEqual(['a served', 'b served', 'a served']);
    expect(worker.inFlight).toBe(1);
  });

  it('is bounded: one more is turned away at once', async () => {
    const served: string[] = [];
    for (const account of ['a', 'b', 'c', 'd']) void wait(account, served);
    await settled();
    expect(served).toEqual(['d gave up']);
  });

  it('is left when the time is over, and the place goes to the next', async () => {
    const served: string[] = [];
    void wait('a', served, { timeoutMs: 100 });
    void wait('b', served, { timeoutMs: 300 });
    await vi.advanceTimersByTimeAsync(100);
    slots.release(worker);
    await settled();
    expect(served).toEqual(['a gave up', 'b served']);
  });

  it('is left when nobody waits for the answer any more', async () => {
    const served: string[] = [];
    const gone = new AbortController();
    void wait('a', served, { signal: gone.signal });
    gone.abort();
    await settled();
    slots.release(worker);
    expect(served).toEqual(['a gave up']);
    expect(worker.inFlight).toBe(0);
  });

  it('is not entered when the time is over already', async () => {
    const served: string[] = [];
    void wait('a', served, { timeoutMs: 0 });
    await settled();
    expect(served).toEqual(['a gave up']);
  });

  it('gives nobody a worker that failed them', async () => {
    const served: string[] = [];
    void wait('a', served);
    slots.take(other);
    slots.release(other);
    await settled();
    expect(served).toEqual([]);
    slots.release(worker);
    await settled();
    expect(served).toEqual(['a served']);
  });
});
