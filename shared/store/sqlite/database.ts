import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseSync } from 'node:sqlite';
import { StoreUnavailableError } from '../contract/contract.ts';
import type { Durability } from '../contract/keys.ts';

/** A synchronous wait stalls every stream of the process, so SQLite itself waits this long at most (ms). */
const BUSY_TIMEOUT_MS = 2;
/** How long the asynchronous retry goes on before the caller hears that the store is away. */
const RETRY_DEADLINE_MS = 5_000;
const SQLITE_BUSY = 5;
const SQLITE_LOCKED = 6;

export const TABLE: Record<Durability, string> = { durable: 'durable_records', relaxed: 'relaxed_records' };

const SCHEMA = Object.values(TABLE)
  .map(
    (table) => `
  CREATE TABLE IF NOT EXISTS ${table} (
    key TEXT PRIMARY KEY, value TEXT NOT NULL, version TEXT NOT NULL, expires_at INTEGER
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS ${table}_expiry ON ${table} (expires_at) WHERE expires_at IS NOT NULL;`,
  )
  .join('')
  .concat(
    `CREATE TABLE IF NOT EXISTS set_members (
      key TEXT NOT NULL, member TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (key, member)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS set_members_at ON set_members (key, at);
    CREATE TABLE IF NOT EXISTS counters (
      key TEXT PRIMARY KEY, total INTEGER NOT NULL, ends_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS counters_end ON counters (ends_at);
    CREATE TABLE IF NOT EXISTS feed_entries (
      key TEXT NOT NULL, position INTEGER NOT NULL, at INTEGER NOT NULL, entry TEXT NOT NULL,
      PRIMARY KEY (key, position)
    ) STRICT, WITHOUT ROWID;`,
  );

export interface Connections {
  /** `synchronous=FULL`: every commit is on the disk before it resolves. */
  readonly durable: DatabaseSync;
  /** `synchronous=NORMAL`: the last commits may be lost when the machine (not the process) dies. */
  readonly relaxed: DatabaseSync;
  /** One more, for a reader that watches `data_version`: it changes with the commits of other connections only. */
  openWatcher(): DatabaseSync;
  close(): void;
}

/** Opens `<folder>/gateway.db` (folder 0700, files 0600), creating both. Several processes may do so at once. */
export async function openDatabase(folder: string): Promise<Connections> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'gateway.db');
  return await retryWhileBusy(() => {
    const durable = open(path, 'FULL');
    try {
      durable.exec(SCHEMA);
      for (const suffix of ['', '-wal', '-shm']) chmodSync(path + suffix, 0o600);
      const relaxed = open(path, 'NORMAL');
      return {
        durable,
        relaxed,
        openWatcher: () => open(path, 'NORMAL'),
        close: () =>
          [durable, relaxed].forEach((database) => {
            database.close();
          }),
      };
    } catch (error) {
      durable.close();
      throw error;
    }
  });
}

function open(path: string, synchronous: 'FULL' | 'NORMAL'): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous};`);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Runs `work` inside `BEGIN IMMEDIATE`: a deferred transaction that turns writer later can fail halfway. */
export function inTransaction<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE');
  try {
    const result = work();
    database.exec('COMMIT');
    return result;
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
}

/**
 * Tries `work` until the database is free, yielding to the event loop between attempts.
 * @throws StoreUnavailableError after 5 s of contention, and at once for any other database error.
 */
export async function retryWhileBusy<T>(work: () => T): Promise<T> {
  const deadline = performance.now() + RETRY_DEADLINE_MS;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return work();
    } catch (error) {
      if (!isBusy(error) || performance.now() >= deadline) {
        throw new StoreUnavailableError('the embedded store did not complete the operation', {
          cause: error,
        });
      }
      await delay(1 + Math.random() * Math.min(20, 2 ** attempt));
    }
  }
}

function isBusy(error: unknown): boolean {
  if (!(error instanceof Error) || !('errcode' in error) || typeof error.errcode !== 'number') return false;
  const primary = error.errcode & 0xff;
  return primary === SQLITE_BUSY || primary === SQLITE_LOCKED;
}
