import { describe, expect, it, onTestFinished } from 'vitest';
import type { Store } from '../../shared/store/index.ts';
import { acquireLease, keys } from '../../shared/store/index.ts';
import type { FakeClock } from './fake-clock.ts';

export interface Opened {
  readonly store: Store;
  /** A second process's view of the same data. */
  readonly other: Store;
  readonly clock: FakeClock;
}

const DURABLE = keys.grant('g1');
const RELAXED = keys.interaction('i1');

/** What every driver promises; `openTwo` opens two views of one empty store and closes them with the test. */
export function describeStoreContract(driver: string, openTwo: () => Promise<Opened>): void {
  describe.each([
    ['durable', DURABLE],
    ['relaxed', RELAXED],
  ])(`the store contract on ${driver}, %s records`, (_name, key) => {
    it('reads what another connection wrote', async () => {
      const { store, other } = await openTwo();
      await store.commit([{ op: 'put', key, value: 'a', expiresAt: null }]);
      expect((await other.read(key))?.value).toBe('a');
    });

    it('judges expiry by our clock: at the moment itself a record is gone', async () => {
      const { store, clock } = await openTwo();
      await store.commit([{ op: 'put', key, value: 'a', expiresAt: clock.now() + 1000 }]);
      clock.advance(999);
      expect(await store.read(key)).toBeDefined();
      clock.advance(1);
      expect(await store.read(key)).toBeUndefined();
      expect(await store.take(key)).toBeUndefined();
    });

    it('treats an expired record as absent when something is created in its place', async () => {
      const { store, clock } = await openTwo();
      await store.commit([{ op: 'put', key, value: 'old', expiresAt: clock.now() + 1 }]);
      clock.advance(1);
      const created = await store.commit([
        { op: 'put', key, value: 'new', expiresAt: null, expect: 'absent' },
      ]);
      expect(created).toBe(true);
      expect((await store.read(key))?.value).toBe('new');
    });

    it('lets one of two writers with the same version win', async () => {
      const { store, other } = await openTwo();
      await store.commit([{ op: 'put', key, value: '0', expiresAt: null }]);
      const version = (await store.read(key))?.version ?? '';
      const write = async (of: Store, value: string) =>
        await of.commit([{ op: 'put', key, value, expiresAt: null, expect: { version } }]);
      const results = await Promise.all([write(store, 'a'), write(other, 'b')]);
      expect(results.filter(Boolean)).toHaveLength(1);
    });

    it('never gives a deleted and re-created record its earlier version', async () => {
      const { store } = await openTwo();
      await store.commit([{ op: 'put', key, value: 'a', expiresAt: null }]);
      const first = (await store.read(key))?.version ?? '';
      await store.commit([{ op: 'delete', key }]);
      await store.commit([{ op: 'put', key, value: 'a', expiresAt: null }]);
      const isApplied = await store.commit([
        { op: 'put', key, value: 'b', expiresAt: null, expect: { version: first } },
      ]);
      expect(isApplied).toBe(false);
    });

    it('gives a record to one of many takers', async () => {
      const { store, other } = await openTwo();
      await store.commit([{ op: 'put', key, value: 'a', expiresAt: null }]);
      const taken = await Promise.all(
        Array.from({ length: 20 }, async (_, i) => await (i % 2 ? store : other).take(key)),
      );
      expect(taken.filter((record) => record !== undefined)).toHaveLength(1);
    });
  });

  describe(`a commit on ${driver}`, () => {
    it('applies all of its changes or none', async () => {
      const { store } = await openTwo();
      const guarded = keys.credential('h', 'x');
      const beside = keys.credentialUpstream('h', 'x');
      const isApplied = await store.commit([
        { op: 'put', key: beside, value: 'a', expiresAt: null },
        { op: 'check', key: guarded, expect: 'present' },
      ]);
      expect(isApplied).toBe(false);
      expect(await store.read(beside)).toBeUndefined();
    });

    it('refuses changes of two tags, which a Redis Cluster could not apply together', async () => {
      const { store } = await openTwo();
      const changes = [keys.grant('a'), keys.grant('b')].map((key) => ({ op: 'delete', key }) as const);
      await expect(store.commit(changes)).rejects.toThrow(TypeError);
    });
  });

  describe(`a lease on ${driver}`, () => {
    const key = keys.credentialRefreshLease('h', 'lease');

    it('is held by one of many who ask at once', async () => {
      const { store, other, clock } = await openTwo();
      const asked = await Promise.all(
        Array.from(
          { length: 10 },
          async (_, index) => await acquireLease({ store: index % 2 ? store : other, clock }, key, 1000),
        ),
      );
      expect(asked.filter((lease) => lease !== undefined)).toHaveLength(1);
    });

    it('is free again when it ran out, with a higher fence, and the late holder cannot give it up', async () => {
      const { store, other, clock } = await openTwo();
      const first = await acquireLease({ store, clock }, key, 1000);
      expect(await acquireLease({ store: other, clock }, key, 1000)).toBeUndefined();
      clock.advance(1000);
      const second = await acquireLease({ store: other, clock }, key, 1000);
      expect(second?.fence).toBeGreaterThan(first?.fence ?? 0);
      await first?.release();
      expect(await acquireLease({ store, clock }, key, 1000)).toBeUndefined();
    });

    it('is free at once when it was given up', async () => {
      const { store, other, clock } = await openTwo();
      await (await acquireLease({ store, clock }, key, 60_000))?.release();
      expect(await acquireLease({ store: other, clock }, key, 1000)).toBeDefined();
    });
  });

  describe(`a set on ${driver}`, () => {
    const key = keys.retirementsDue('github.com');

    it('answers the members whose time has come, the earliest first, up to a limit', async () => {
      const { store, other } = await openTwo();
      for (const [member, at] of [
        ['c', 30],
        ['a', 10],
        ['b', 20],
        ['later', 31],
      ] as const)
        await store.addMember(key, member, at);
      expect(await other.membersUntil(key, 30, 10)).toEqual(['a', 'b', 'c']);
      expect(await other.membersUntil(key, 30, 2)).toEqual(['a', 'b']);
      expect(await other.countMembers(key)).toBe(4);
      for (const member of ['a', 'b', 'c', 'later']) await store.removeMember(key, member);
      expect(await other.membersUntil(key, 100, 10)).toEqual([]);
    });

    it('moves a member that is added again', async () => {
      const { store } = await openTwo();
      await store.addMember(key, 'moved', 10);
      await store.addMember(key, 'moved', 50);
      expect(await store.membersUntil(key, 49, 10)).toEqual([]);
      expect(await store.membersUntil(key, 50, 10)).toEqual(['moved']);
      await store.removeMember(key, 'moved');
    });
  });

  describe(`a counter on ${driver}`, () => {
    // A counter of its own for each test: some drivers' suites run on one server that nobody empties.
    let made = 0;
    const newKey = () => keys.addressCount('token', `address ${String((made += 1))}`, 0);

    it('answers everybody’s total to each who adds', async () => {
      const { store, other, clock } = await openTwo();
      const [key, endsAt] = [newKey(), clock.now() + 1000];
      expect(await store.addToCounter(key, 3, endsAt)).toBe(3);
      expect(await other.addToCounter(key, 2, endsAt)).toBe(5);
      expect(await store.addToCounter(key, -4, endsAt)).toBe(1);
      expect(await store.addToCounter(newKey(), 1, endsAt)).toBe(1);
    });

    it('loses nothing when many add at once', async () => {
      const { store, other, clock } = await openTwo();
      const [key, endsAt] = [newKey(), clock.now() + 1000];
      const totals = await Promise.all(
        Array.from(
          { length: 40 },
          async (_, i) => await (i % 2 ? store : other).addToCounter(key, 1, endsAt),
        ),
      );
      expect(totals.sort((a, b) => a - b)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    });

    it('has ended at its end by our clock: who adds then starts at zero', async () => {
      const { store, clock } = await openTwo();
      const [key, endsAt] = [newKey(), clock.now() + 1000];
      await store.addToCounter(key, 7, endsAt);
      clock.advance(999);
      expect(await store.addToCounter(key, 1, endsAt)).toBe(8);
      clock.advance(1);
      expect(await store.addToCounter(key, 1, endsAt + 1000)).toBe(1);
    });
  });

  describe(`a feed on ${driver}`, () => {
    const key = keys.revocations();
    const openFeeds = async () => {
      const { store, other, clock } = await openTwo();
      const [writer, reader] = [store.openFeed(key, 60_000), other.openFeed(key, 60_000)];
      onTestFinished(async () => {
        await writer.close();
        await reader.close();
      });
      return { writer, reader, clock };
    };

    it('gives a waiting reader what another process appended, in order and once', async () => {
      const { writer, reader } = await openFeeds();
      const start = await reader.window();
      const waiting = reader.after(start.position, 5_000);
      await writer.append('a');
      const first = await waiting;
      await writer.append('b');
      await writer.append('c');
      const second = await reader.after(first.position, 5_000);
      expect([...first.entries, ...second.entries]).toEqual(['a', 'b', 'c']);
      expect([first.isGapless, second.isGapless]).toEqual([true, true]);
    });

    it('answers an empty page when nothing comes in time', async () => {
      const { reader } = await openFeeds();
      const { position } = await reader.window();
      const page = await reader.after(position, 50);
      expect(page).toMatchObject({ entries: [], position, isGapless: true });
    });

    it('shows a new reader everything that is kept', async () => {
      const { writer, reader } = await openFeeds();
      const before = (await reader.window()).entries.length;
      for (const entry of ['x', 'y', 'z']) await writer.append(entry);
      await writer.beat();
      expect((await reader.window()).entries.slice(before)).toEqual(['x', 'y', 'z']);
    });

    it('goes on after a heartbeat without seeing a gap', async () => {
      const { writer, reader } = await openFeeds();
      let { position } = await reader.window();
      const pages = [];
      for (const step of ['a', 'beat', 'beat', 'b', 'beat', 'c']) {
        await (step === 'beat' ? writer.beat() : writer.append(step));
        const page = await reader.after(position, 30);
        pages.push(page);
        ({ position } = page);
      }
      expect(pages.flatMap(({ entries }) => entries)).toEqual(['a', 'b', 'c']);
      expect(pages.every(({ isGapless, isAlive }) => isGapless && isAlive)).toBe(true);
    });
  });
}
