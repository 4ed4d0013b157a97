import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../clock.ts';
import type { Feed, FeedPage } from '../contract/contract.ts';
import type { Key } from '../contract/keys.ts';
import type { Connections } from './database.ts';
import { inTransaction, retryWhileBusy } from './database.ts';

/** How often a reader looks whether another connection committed (ms); a look costs microseconds. */
const POLL_MS = 20;

/**
 * A feed as a table, watched through `PRAGMA data_version`. Positions rise by one; reading the file is its own proof
 * that the feed is alive, so heartbeats are not written.
 */
export function createSqliteFeed(deps: {
  connections: Connections;
  key: Key;
  keepMs: number;
  clock: Clock;
}): Feed {
  const { connections, key, keepMs, clock } = deps;
  const { durable } = connections;
  const watcher = connections.openWatcher();
  const version = watcher.prepare('PRAGMA data_version');
  const list = watcher.prepare(
    'SELECT position, entry FROM feed_entries WHERE key = ? AND position > ? ORDER BY position',
  );
  const last = durable.prepare('SELECT max(position) AS position FROM feed_entries WHERE key = ?');
  const add = durable.prepare('INSERT INTO feed_entries (key, position, at, entry) VALUES (?, ?, ?, ?)');
  // The newest entry stays whatever its age: the next position is counted from it.
  const trim = durable.prepare('DELETE FROM feed_entries WHERE key = ? AND at < ? AND position < ?');

  const read = async (position: number, isContinued: boolean): Promise<FeedPage> =>
    await retryWhileBusy(() => {
      const rows = list.all(key.text, position);
      const numbers = rows.map((row) => Number(row['position']));
      return {
        entries: rows.map((row) => String(row['entry'])),
        position: String(numbers.at(-1) ?? position),
        isGapless: !isContinued || numbers.every((number, index) => number === position + index + 1),
        isAlive: true,
      };
    });

  return {
    append: async (entry) => {
      await retryWhileBusy(() => {
        inTransaction(durable, () => {
          const position = Number(last.get(key.text)?.['position'] ?? 0) + 1;
          add.run(key.text, position, clock.now(), entry);
          trim.run(key.text, clock.now() - keepMs, position);
        });
      });
    },
    beat: () => Promise.resolve(),
    window: async () => await read(0, false),
    after: async (position, waitMs) => {
      const deadline = performance.now() + waitMs;
      const from = Number(position);
      // In this order: what is committed between the two is then noticed as a change.
      let seen = await retryWhileBusy(() => version.get()?.['data_version']);
      let page = await read(from, true);
      while (page.entries.length === 0 && performance.now() < deadline) {
        await delay(POLL_MS, undefined, { ref: false });
        const now = await retryWhileBusy(() => version.get()?.['data_version']);
        if (now === seen) continue;
        seen = now;
        page = await read(from, true);
      }
      return page;
    },
    close: () => {
      watcher.close();
      return Promise.resolve();
    },
  };
}
