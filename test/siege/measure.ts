import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Redis } from 'ioredis';
import type { Replicas, RunningProcess } from '../integration/replicas/replicas.ts';

/** Descriptors and memory of one process; the memory is what is left when garbage was collected. */
export interface Footprint {
  readonly descriptors: number;
  readonly residentBytes: number;
  readonly heapBytes: number;
}

/** Lets the inspector be asked, at a port of the system's choice: what is garbage says nothing about what was left behind. */
export const INSPECTABLE = ['--inspect=127.0.0.1:0'] as const;

const PAGE_BYTES = 4096;

export function descriptorsOf({ child }: RunningProcess): number {
  return readdirSync(`/proc/${String(child.pid)}/fd`).length;
}

/** @throws when the process is gone. */
export async function footprintOf(process: RunningProcess): Promise<Footprint> {
  const descriptors = descriptorsOf(process);
  const heapBytes = await heapAfterCollection(process);
  const statm = readFileSync(`/proc/${String(process.child.pid)}/statm`, 'utf8');
  const [, pages = '0'] = statm.split(' ');
  return { descriptors, residentBytes: Number(pages) * PAGE_BYTES, heapBytes };
}

/** Asks the process's inspector to collect garbage, some times over, and what is used then. */
async function heapAfterCollection({ name, output }: RunningProcess): Promise<number> {
  const [url] = /ws:\/\/\S+/.exec(output.join('')) ?? [];
  if (url === undefined) throw new Error(`${name} has no inspector`);
  const socket = new WebSocket(url);
  await once(socket, 'open');
  const ask = async (id: number, method: string): Promise<unknown> => {
    socket.send(JSON.stringify({ id, method }));
    const [answer] = (await once(socket, 'message')) as [{ readonly data: string }];
    return JSON.parse(answer.data);
  };
  for (let id = 1; id <= 3; id += 1) await ask(id, 'HeapProfiler.collectGarbage');
  const { result } = (await ask(4, 'Runtime.getHeapUsage')) as { result: { usedSize: number } };
  socket.close();
  return result.usedSize;
}

/** Longer than anything lives that strangers can cause: an unused registration goes after seven days. */
const LIFETIMES_MS = 8 * 24 * 60 * 60_000;

/** What honest people add to a store by signing in: it stays as long as their grants; the feed tells of their ends. */
const OF_PEOPLE =
  /^ocg:(?:grant|grants-due|account|account-grants|credential|credential-upstream|credential-index|retirement|retirements-due|refresh-receipt|code|revocations):/;

/** Bytes of the records that are left once every lifetime a stranger can cause has passed, people's own left out. */
export async function lastingBytes({ redis, stateDir }: Replicas): Promise<number> {
  const lasting = redis === undefined ? sqliteRecords(stateDir) : await redisRecords(redis.server.port);
  const horizon = Date.now() + LIFETIMES_MS;
  return lasting
    .filter(({ key, expiresAt }) => !OF_PEOPLE.test(key) && (expiresAt === null || expiresAt > horizon))
    .reduce((sum, { key, bytes }) => sum + key.length + bytes, 0);
}

interface Row {
  readonly key: string;
  readonly bytes: number;
  /** By our own clock (ms). */
  readonly expiresAt: number | null;
}

function sqliteRecords(folder: string): Row[] {
  const database = new DatabaseSync(join(folder, 'gateway.db'), { readOnly: true, timeout: 5_000 });
  try {
    const records = ['durable_records', 'relaxed_records'].flatMap((table) =>
      database.prepare(`SELECT key, length(value) AS bytes, expires_at AS at FROM ${table}`).all(),
    );
    const members = database.prepare('SELECT key, length(member) AS bytes, at FROM set_members').all();
    return [...records, ...members].map((row) => ({
      key: String(row['key']),
      bytes: Number(row['bytes']),
      expiresAt: row['at'] === null ? null : Number(row['at']),
    }));
  } finally {
    database.close();
  }
}

/** Records end with the TTL of their key; a set has none, its members have times. */
async function redisRecords(port: number): Promise<Row[]> {
  const redis = new Redis({ port, host: '127.0.0.1' });
  try {
    const keys = await redis.keys('ocg:*');
    const rows = await Promise.all(keys.map(async (key) => await rowsOf(redis, key)));
    return rows.flat();
  } finally {
    redis.disconnect();
  }
}

async function rowsOf(redis: Redis, key: string): Promise<Row[]> {
  if ((await redis.type(key)) === 'zset') {
    const scores = await redis.zrange(key, '0', '-1', 'WITHSCORES');
    return scores.flatMap((member, index) =>
      index % 2 === 0 ? [{ key, bytes: member.length, expiresAt: Number(scores[index + 1]) }] : [],
    );
  }
  const left = await redis.pttl(key);
  const bytes = Number(await redis.call('MEMORY', ['USAGE', key]));
  return [{ key, bytes, expiresAt: left < 0 ? null : Date.now() + left }];
}
