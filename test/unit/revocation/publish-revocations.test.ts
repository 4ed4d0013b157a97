import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createRevocationPublisher } from '../../../shared/revocation/index.ts';
import type { Feed } from '../../../shared/store/index.ts';
import { StoreUnavailableError } from '../../../shared/store/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';

describe('the writing side of the feed', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function open() {
    const appended: string[] = [];
    let isAway = false;
    let beats = 0;
    const unused = () => Promise.reject(new Error('not used'));
    const feed: Feed = {
      append: async (entry) => {
        await Promise.resolve();
        if (isAway) throw new StoreUnavailableError('away');
        appended.push((JSON.parse(entry) as { id: string }).id);
      },
      beat: () => Promise.resolve(void (beats += 1)),
      window: unused,
      after: unused,
      close: () => Promise.resolve(),
    };
    const faults: unknown[] = [];
    const publisher = createRevocationPublisher({
      feed,
      clock: fakeClock(),
      onFault: (fault) => faults.push(fault),
    });
    return { publisher, appended, faults, beats: () => beats, away: (value: boolean) => (isAway = value) };
  }

  it('beats every second, and goes on publishing after it beat with nothing to say', async () => {
    const { publisher, appended, beats } = open();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(beats()).toBe(3);
    await publisher.publish({ kind: 'grant', id: 'a' });
    expect(appended).toEqual(['a']);
  });

  it('appends each of many that come at once, in order and once', async () => {
    const { publisher, appended } = open();
    const ids = Array.from({ length: 50 }, (_, index) => String(index));
    await Promise.all(
      ids.map(async (id) => {
        await publisher.publish({ kind: 'grant', id });
      }),
    );
    expect(appended).toEqual(ids);
  });

  it('never fails: what the store did not take is tried again every second', async () => {
    const { publisher, appended, faults, away } = open();
    away(true);
    await publisher.publish({ kind: 'grant', id: 'a' });
    expect(faults).toHaveLength(1);
    away(false);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(appended).toEqual(['a']);
  });
});
