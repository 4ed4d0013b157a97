import { statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { keys, openSqliteStore, StoreUnavailableError } from '../../../shared/store/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { describeStoreContract } from '../../support/store-contract.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function openTwo() {
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

describeStoreContract('SQLite', openTwo);

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

  it('collects counters that have ended, and no others', async () => {
    vi.useFakeTimers({ toFake: ['setInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const { store, clock, folder } = await openTwo();
    const [ended, live] = ['ended', 'live'].map((address) => keys.addressCount('token', address, 0));
    if (ended === undefined || live === undefined) throw new Error('no keys');
    await store.addToCounter(ended, 1, clock.now() + 1000);
    await store.addToCounter(live, 1, clock.now() + 1001);
    clock.advance(1000);
    await vi.advanceTimersByTimeAsync(60_000);
    const database = new DatabaseSync(join(folder, 'gateway.db'), { readOnly: true });
    onTestFinished(() => {
      database.close();
    });
    expect(database.prepare('SELECT key FROM counters').all()).toEqual([{ key: live.text }]);
  });

  it('says that it is unavailable, not that a record is missing, when the database is gone', async () => {
    const folder = temporaryFolder();
    const store = await openSqliteStore({ folder, clock: fakeClock() });
    await store.close();
    await expect(store.read(DURABLE)).rejects.toThrow(StoreUnavailableError);
    await expect(store.addToCounter(keys.addressCount('token', 'a', 0), 1, 1)).rejects.toThrow(
      StoreUnavailableError,
    );
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

describe('S8: expired rows', () => {
  it('are all gone after one sweep, however many, and the event loop turns meanwhile', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const { folder, clock } = await openTwo();
    const database = new DatabaseSync(join(folder, 'gateway.db'));
    onTestFinished(() => {
      database.close();
    });
    const many = 5_250;
    const numbers = `WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n WHERE value < ${String(many)})`;
    for (const table of ['durable_records', 'relaxed_records']) {
      database.exec(`${numbers} INSERT INTO ${table} (key, value, version, expires_at)
        SELECT 'k' || value, 'v', 'x', ${String(clock.now())} FROM n`);
    }
    database.exec(`${numbers} INSERT INTO counters (key, total, ends_at)
      SELECT 'k' || value, 1, ${String(clock.now())} FROM n`);
    const left = () =>
      ['durable_records', 'relaxed_records', 'counters']
        .map((table) => Number(database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.['n']))
        .reduce((sum, each) => sum + each, 0);
    expect(left()).toBe(3 * many);
    vi.advanceTimersByTime(60_000);
    let turns = 0;
    for (; left() > 0 && turns < 1_000; turns += 1) await new Promise((resolve) => setImmediate(resolve));
    expect(left()).toBe(0);
    // Two processes sweep the same file, 500 rows of each table a turn.
    expect(turns).toBeGreaterThanOrEqual(many / 500 / 2 - 1);
  });
});
