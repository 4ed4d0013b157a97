import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { followRevocations } from '../../../shared/revocation/index.ts';
import { formatEntry } from '../../../shared/revocation/revocation.ts';
import type { Feed } from '../../../shared/store/index.ts';
import { StoreUnavailableError } from '../../../shared/store/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { until } from '../../support/redis.ts';

type Page = Awaited<ReturnType<Feed['window']>>;

const entry = (id: string) => formatEntry({ kind: 'grant', id, at: Date.UTC(2026, 10, 23) });
const page = (over: Partial<Page> = {}): Page => ({
  entries: [],
  position: '0',
  isGapless: true,
  isAlive: true,
  ...over,
});
const claims = (gid: string) => ({ gid, sub: 's', client_id: 'c', cred: 'h', cv: 1, iat: 1 });

/** A feed whose answers a test decides; each `after` takes the next one, the last one again and again. */
async function follow(script: { windows: string[][]; after: (() => Page)[] }) {
  let windows = 0;
  let reads = 0;
  const feed: Feed = {
    append: () => Promise.resolve(),
    beat: () => Promise.resolve(),
    window: () => {
      const entries = script.windows[Math.min(windows, script.windows.length - 1)] ?? [];
      windows += 1;
      return Promise.resolve(page({ entries, isAlive: false }));
    },
    after: async () => {
      await delay(5);
      const answer = script.after[Math.min(reads, script.after.length - 1)];
      reads += 1;
      return answer?.() ?? page();
    },
    close: () => Promise.resolve(),
  };
  const following = await followRevocations({ feed, clock: fakeClock() });
  onTestFinished(following.close);
  return { following, windows: () => windows };
}

describe('a process that follows the feed', () => {
  it('knows the window before it serves', async () => {
    const { following } = await follow({ windows: [[entry('a')]], after: [page] });
    expect(following.isRevoked(claims('a'), 'k')).toBe(true);
    expect(following.isRevoked(claims('b'), 'k')).toBe(false);
  });

  it('tells its listeners after an entry took effect', async () => {
    const { following } = await follow({
      windows: [[]],
      after: [() => page(), () => page({ entries: [entry('b')] }), () => page()],
    });
    const seen: boolean[] = [];
    following.onRevoked(() => seen.push(following.isRevoked(claims('b'), 'k')));
    await until(() => seen.length > 0);
    expect(seen).toEqual([true]);
  });

  it('reads the window again after a gap, and finds what it missed', async () => {
    const { following, windows } = await follow({
      windows: [[], [entry('missed')]],
      after: [() => page({ isGapless: false }), () => page()],
    });
    await until(() => following.isRevoked(claims('missed'), 'k'));
    expect(windows()).toBe(2);
  });

  it('keeps what it knew when the window lost it: a failover may forget', async () => {
    const { following, windows } = await follow({
      windows: [[entry('a')], []],
      after: [() => page({ isGapless: false }), () => page()],
    });
    await until(() => windows() === 2);
    expect(following.isRevoked(claims('a'), 'k')).toBe(true);
  });

  it('reads the window again after a fault and says that it resumed', async () => {
    const { following, windows } = await follow({
      windows: [[], [entry('late')]],
      after: [
        () => {
          throw new StoreUnavailableError('away');
        },
        () => page(),
      ],
    });
    let resumed = 0;
    following.onResumed(() => (resumed += 1));
    await until(() => following.isRevoked(claims('late'), 'k'));
    expect([windows(), resumed]).toEqual([2, 1]);
  });

  it('takes 3 s without a heartbeat for a fault, although the server answers', async () => {
    const { following, windows } = await follow({ windows: [[]], after: [() => page({ isAlive: false })] });
    await until(() => windows() > 1, 200);
    expect(following.ageSeconds()).toBeGreaterThan(3);
  });
});
