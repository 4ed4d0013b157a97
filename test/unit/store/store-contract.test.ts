import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Store } from '../../../shared/store/index.ts';
import { keys, openSqliteStore, StoreUnavailableError } from '../../../shared/store/index.ts';
import type { FakeClock } from '../../support/fake-clock.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

interface Opened {
  readonly store: Store;
  /** A second process's view of the same data. */
  readonly other: Store;
  readonly clock: FakeClock;
  readonly folder: string;
}

async function openTwo(): Promise<Opened> {
  const folder = temporaryFolder();
  const clock = fakeClock();
  const store = await openSqliteStore({ folder, clock });
  const other = await openSqliteStore({ folder, clock });
  onTestFinished(async () => {
    await store.close();
    await other.close();
  });
  return { store, other, clock, folder };
}

const DURABLE = keys.grant('g1');
const RELAXED = keys.interaction('i1');

describe.each([
  ['durable', DURABLE],
  ['relaxed', RELAXED],
])('the store contract, %s records', (_name, key) => {
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
    const created = await store.commit([{ op: 'put', key, value: 'new', expiresAt: null, expect: 'absent' }]);
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

describe('a commit', () => {
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

describe('the SQLite driver', () => {
  it('keeps its files to their owner', async () => {
    const { folder } = await openTwo();
    expect(statSync(join(folder, 'gateway.db')).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o077).toBe(0);
  });

  it('waits for another writer without holding the event loop, then writes', async () => {
    const { store, folder } = await openTwo();
    const blocker = new DatabaseSync(join(folder, 'gateway.db'));
    blocker.exec('BEGIN IMMEDIATE');
    let turns = 0;
    const ticker = setInterval(() => (turns += 1), 1);
    const written = store.commit([{ op: 'put', key: DURABLE, value: 'a', expiresAt: null }]);
    const released = new Promise<void>((resolve) => {
      const wait = setInterval(() => {
        if (turns < 10) return;
        clearInterval(wait);
        blocker.exec('ROLLBACK');
        resolve();
      }, 1);
    });
    await released;
    expect(await written).toBe(true);
    clearInterval(ticker);
    blocker.close();
    expect(turns).toBeGreaterThanOrEqual(10);
  });

  it('says that it is unavailable, not that a record is missing, when the database is gone', async () => {
    const folder = temporaryFolder();
    const store = await openSqliteStore({ folder, clock: fakeClock() });
    await store.close();
    await expect(store.read(DURABLE)).rejects.toThrow(StoreUnavailableError);
    await expect(store.take(DURABLE)).rejects.toThrow(StoreUnavailableError);
  });

  it('survives four openers at once on a new folder', async () => {
    const folder = temporaryFolder();
    const stores = await Promise.all(
      Array.from({ length: 4 }, async () => await openSqliteStore({ folder, clock: fakeClock() })),
    );
    await Promise.all(
      stores.map(async (store) => {
        await store.ping();
      }),
    );
    await Promise.all(
      stores.map(async (store) => {
        await store.close();
      }),
    );
  });
});
