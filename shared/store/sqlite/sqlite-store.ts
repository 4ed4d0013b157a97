import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../../clock.ts';
import type { Change, Expectation, Store, StoredRecord } from '../contract/contract.ts';
import { requireOneTag } from '../contract/contract.ts';
import { newVersion } from '../contract/version.ts';
import type { Durability, Key } from '../contract/keys.ts';
import { inTransaction, openDatabase, retryWhileBusy, TABLE } from './database.ts';
import { createSqliteFeed } from './sqlite-feed.ts';

const SWEEP_INTERVAL_MS = 60_000;
/**
 * Expired rows deleted at once, for each table: bounds the time a sweep holds the event loop. It goes on in the next turns
 * until nothing expired is left, so that it is faster than anything that strangers may make us write.
 */
const SWEEP_BATCH = 500;

interface Statements {
  readonly read: StatementSync;
  readonly put: StatementSync;
  readonly remove: StatementSync;
  readonly sweep: StatementSync;
}

type Prepared = Record<Durability, Statements>;

/**
 * The embedded driver: one file, several processes on one host (gateways and workers). Writes of durable
 * records wait for the disk (`synchronous=FULL`) and hold the event loop for that long; relaxed ones do not.
 */
export async function openSqliteStore(options: { folder: string; clock: Clock }): Promise<Store> {
  const { clock } = options;
  const connections = await openDatabase(options.folder);
  const prepared: Record<Durability, Prepared> = {
    durable: prepareBoth(connections.durable),
    relaxed: prepareBoth(connections.relaxed),
  };
  const counters = createCounters(connections.relaxed, clock);
  const readRow = (statements: Prepared, key: Key) => liveRow(statements[key.durability], key, clock.now());
  let isClosed = false;
  const sweep = async () => {
    let deleted = SWEEP_BATCH;
    while (deleted >= SWEEP_BATCH && !isClosed) {
      deleted = await retryWhileBusy(() => {
        const now = clock.now();
        const { durable, relaxed } = prepared.relaxed;
        return Math.max(...[durable, relaxed, counters].map((table) => Number(table.sweep.run(now).changes)));
      });
      await nextTurn();
    }
  };
  const sweeper = setInterval(() => void sweep().catch(() => undefined), SWEEP_INTERVAL_MS).unref();

  return {
    read: async (key) => await retryWhileBusy(() => readRow(prepared.relaxed, key)),
    commit: async (changes) => {
      requireOneTag(changes);
      const durability = strictest(changes.map((change) => change.key));
      return await retryWhileBusy(() =>
        inTransaction(connections[durability], () => applyAll(prepared[durability], changes, clock.now())),
      );
    },
    take: async (key) =>
      await retryWhileBusy(() =>
        inTransaction(connections[key.durability], () => {
          const found = readRow(prepared[key.durability], key);
          prepared[key.durability][key.durability].remove.run(key.text);
          return found;
        }),
      ),
    ...createSets(connections.durable),
    addToCounter: counters.add,
    openFeed: (key, keepMs) => createSqliteFeed({ connections, key, keepMs, clock }),
    ping: async () => {
      await retryWhileBusy(() => prepared.relaxed.relaxed.read.get(''));
    },
    close: () => {
      isClosed = true;
      clearInterval(sweeper);
      connections.close();
      return Promise.resolve();
    },
  };
}

function createSets(
  database: DatabaseSync,
): Pick<Store, 'addMember' | 'removeMember' | 'countMembers' | 'membersUntil'> {
  const add = database.prepare(
    'INSERT INTO set_members (key, member, at) VALUES (?, ?, ?) ON CONFLICT (key, member) DO UPDATE SET at = excluded.at',
  );
  const remove = database.prepare('DELETE FROM set_members WHERE key = ? AND member = ?');
  const count = database.prepare('SELECT count(*) AS members FROM set_members WHERE key = ?');
  const list = database.prepare(
    'SELECT member FROM set_members WHERE key = ? AND at <= ? ORDER BY at LIMIT ?',
  );
  return {
    addMember: async (key, member, at) => {
      await retryWhileBusy(() => add.run(key.text, member, at));
    },
    removeMember: async (key, member) => {
      await retryWhileBusy(() => remove.run(key.text, member));
    },
    countMembers: async (key) => await retryWhileBusy(() => Number(count.get(key.text)?.['members'] ?? 0)),
    membersUntil: async (key, until, limit) =>
      await retryWhileBusy(() => list.all(key.text, until, limit).map((row) => String(row['member']))),
  };
}

/** Counters are worth no wait for the disk: all are on the relaxed connection. */
function createCounters(
  database: DatabaseSync,
  clock: Clock,
): { readonly add: Store['addToCounter']; readonly sweep: StatementSync } {
  const add = database.prepare(
    `INSERT INTO counters (key, total, ends_at) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET
     total = CASE WHEN counters.ends_at <= ? THEN excluded.total ELSE counters.total + excluded.total END,
     ends_at = excluded.ends_at
     RETURNING total`,
  );
  const sweep = database.prepare(
    `DELETE FROM counters WHERE key IN (SELECT key FROM counters WHERE ends_at <= ? LIMIT ${String(SWEEP_BATCH)})`,
  );
  return {
    add: async (key, by, endsAt) =>
      await retryWhileBusy(() => Number(add.get(key.text, by, endsAt, clock.now())?.['total'])),
    sweep,
  };
}

function prepareBoth(database: DatabaseSync): Prepared {
  return { durable: prepare(database, TABLE.durable), relaxed: prepare(database, TABLE.relaxed) };
}

function prepare(database: DatabaseSync, table: string): Statements {
  return {
    read: database.prepare(`SELECT value, version, expires_at FROM ${table} WHERE key = ?`),
    put: database.prepare(
      `INSERT INTO ${table} (key, value, version, expires_at) VALUES (?, ?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET value = excluded.value, version = excluded.version, expires_at = excluded.expires_at`,
    ),
    remove: database.prepare(`DELETE FROM ${table} WHERE key = ?`),
    sweep: database.prepare(
      `DELETE FROM ${table} WHERE key IN
       (SELECT key FROM ${table} WHERE expires_at IS NOT NULL AND expires_at <= ? LIMIT ${String(SWEEP_BATCH)})`,
    ),
  };
}

function liveRow(statements: Statements, key: Key, now: number): StoredRecord | undefined {
  const row = statements.read.get(key.text);
  if (row === undefined) return undefined;
  const expiresAt = typeof row['expires_at'] === 'number' ? row['expires_at'] : null;
  if (expiresAt !== null && expiresAt <= now) return undefined;
  return { value: String(row['value']), version: String(row['version']), expiresAt };
}

function applyAll(prepared: Prepared, changes: readonly Change[], now: number): boolean {
  const holds = changes.every((change) =>
    meets(change.expect, liveRow(prepared[change.key.durability], change.key, now)),
  );
  if (!holds) return false;
  for (const change of changes) {
    const statements = prepared[change.key.durability];
    if (change.op === 'put') {
      statements.put.run(change.key.text, change.value, newVersion(), change.expiresAt);
    } else if (change.op === 'delete') {
      statements.remove.run(change.key.text);
    }
  }
  return true;
}

function meets(expect: Expectation | undefined, found: StoredRecord | undefined): boolean {
  if (expect === undefined) return true;
  if (expect === 'absent') return found === undefined;
  if (expect === 'present') return found !== undefined;
  return found?.version === expect.version;
}

function strictest(keys: readonly Key[]): Durability {
  return keys.some((key) => key.durability === 'durable') ? 'durable' : 'relaxed';
}
