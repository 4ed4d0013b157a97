import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Cluster } from 'ioredis';
import type { Clock } from '../../clock.ts';
import type { Change, Expectation, Store, StoredRecord } from '../contract.ts';
import { requireOneTag, StoreUnavailableError } from '../contract.ts';
import type { RedisClient, RedisConnectionOptions } from './connection.ts';
import { createRedisClient } from './connection.ts';
import type { Script } from './scripts.ts';
import { COMMIT, TAKE } from './scripts.ts';

/** How long an operation waits for a connection that is being made before it fails. */
const READY_TIMEOUT_MS = 1_500;
const CLOSE_TIMEOUT_MS = 500;

/** A store whose settings would lose grants silently; the gateway does not start on it. */
export class UnsafeRedisError extends Error {
  override readonly name = 'UnsafeRedisError';
}

/**
 * The Redis driver: standalone, Sentinel or Cluster. Connects in the background; operations fail with
 * `StoreUnavailableError` while it cannot, so a process starts without Redis and becomes ready when it is there.
 * @throws UnsafeRedisError from `ping` when the server evicts keys under memory pressure.
 */
export function openRedisStore(options: RedisConnectionOptions & { clock: Clock }): Store {
  const { clock } = options;
  const client = createRedisClient(options);
  const checked = new WeakSet<RedisClient>();
  void client.connect().catch(() => undefined);
  const waitUntilReady = createReadiness(client);
  const run = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      await waitUntilReady();
      return await work();
    } catch (error) {
      throw new StoreUnavailableError('Redis did not complete the operation', { cause: error });
    }
  };
  return {
    read: async (key) =>
      live(await run(async () => await client.hmget(key.text, 'v', 'n', 'e')), clock.now()),
    take: async (key) => {
      const found = await run(async () => await evaluate(client, TAKE, [key.text], []));
      return live(found as (string | null)[], clock.now());
    },
    commit: async (changes) => {
      requireOneTag(changes);
      const keys = changes.map((change) => change.key.text);
      const values = [String(clock.now()), ...changes.flatMap(valuesOf)];
      return (await run(async () => await evaluate(client, COMMIT, keys, values))) === 1;
    },
    addMember: async (key, member, at) => {
      await run(async () => await client.zadd(key.text, at, member));
    },
    removeMember: async (key, member) => {
      await run(async () => await client.zrem(key.text, member));
    },
    membersUntil: async (key, until, limit) =>
      await run(async () => await client.zrangebyscore(key.text, '-inf', until, 'LIMIT', 0, limit)),
    ping: async () => {
      const policies = await run(async () => await evictionPolicies(client));
      if (!checked.has(client)) refuseEviction(policies);
      checked.add(client);
    },
    close: async () => {
      client.disconnect();
      // The event may have come already, or never comes for a connection that was only being made.
      if (client.status !== 'end') {
        await once(client, 'end', { signal: AbortSignal.timeout(CLOSE_TIMEOUT_MS) }).catch(() => undefined);
      }
    },
  };
}

/** Lets operations wait for a connection that is being made; all of them share one wait. */
function createReadiness(client: RedisClient): () => Promise<void> {
  let waiting: Promise<unknown> | undefined;
  return async () => {
    if (client.status === 'ready') return;
    waiting ??= once(client, 'ready', { signal: AbortSignal.timeout(READY_TIMEOUT_MS) }).finally(() => {
      waiting = undefined;
    });
    await waiting;
  };
}

/** Runs a script by its digest, and by its text where the server does not know it (a restart, `SCRIPT FLUSH`). */
async function evaluate(
  client: RedisClient,
  script: Script,
  keys: string[],
  values: string[],
): Promise<unknown> {
  try {
    return await client.evalsha(script.digest, keys.length, ...keys, ...values);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return await client.eval(script.text, keys.length, ...keys, ...values);
  }
}

function valuesOf(change: Change): string[] {
  const expect = expectationText(change.expect);
  if (change.op !== 'put') return [change.op, expect, '', '', ''];
  const expiry = change.expiresAt === null ? '' : String(change.expiresAt);
  return [change.op, expect, change.value, randomBytes(12).toString('base64url'), expiry];
}

function expectationText(expect: Expectation | undefined): string {
  if (expect === undefined) return '';
  return typeof expect === 'string' ? expect : `=${expect.version}`;
}

function live(found: readonly (string | null)[], now: number): StoredRecord | undefined {
  const [value, version, expiry] = found;
  if (typeof value !== 'string' || typeof version !== 'string') return undefined;
  const expiresAt = typeof expiry === 'string' && expiry !== '' ? Number(expiry) : null;
  return expiresAt !== null && expiresAt <= now ? undefined : { value, version, expiresAt };
}

/** Read from INFO: CONFIG is forbidden to us where somebody else runs the server. */
async function evictionPolicies(client: RedisClient): Promise<readonly string[]> {
  const nodes = client instanceof Cluster ? client.nodes('master') : [client];
  const infos = await Promise.all(nodes.map(async (node) => await node.info('memory')));
  return infos.map((info) => /^maxmemory_policy:(\S+)/m.exec(info)?.[1] ?? 'unknown');
}

function refuseEviction(policies: readonly string[]): void {
  const evicting = policies.find((policy) => policy !== 'noeviction' && policy !== 'unknown');
  if (evicting === undefined) return;
  throw new UnsafeRedisError(
    `Redis is set to maxmemory-policy ${evicting} and would drop grants under memory pressure; set it to noeviction`,
  );
}
