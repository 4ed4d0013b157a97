import { once } from 'node:events';
import { Cluster } from 'ioredis';
import type { Clock } from '../../clock.ts';
import type { Change, Expectation, Store, StoredRecord } from '../contract/contract.ts';
import { requireOneTag, StoreUnavailableError } from '../contract/contract.ts';
import { newVersion } from '../contract/version.ts';
import type { RedisClient, RedisConnectionOptions } from './connection.ts';
import { openRedisConnection } from './connection.ts';
import { evaluate } from './evaluate.ts';
import { createRedisFeed } from './redis-feed.ts';
import { ADD, COMMIT, TAKE } from './scripts.ts';

/** How long an operation waits for a connection that is being made before it fails. */
const READY_TIMEOUT_MS = 1_500;
const REPLICA_TIMEOUT_MS = 200;

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
  const connection = connect(options);
  const { client, run } = connection;
  let isChecked = false;
  let hasReplicas = false;
  return {
    read: async (key) => live(await run(async () => await client.get(key.text)), clock.now()),
    take: async (key) => {
      const found = await run(async () => await evaluate(client, TAKE, [key.text], []));
      return live(found as string | null, clock.now());
    },
    commit: async (changes, { replicated = false } = {}) => {
      requireOneTag(changes);
      const keys = changes.map((change) => change.key.text);
      const values = [String(clock.now()), ...changes.flatMap(valuesOf)];
      const answer = await run(async () => {
        const isApplied = await evaluate(client, COMMIT, keys, values);
        if (replicated && hasReplicas) await awaitReplica(client, keys[0] ?? '');
        return isApplied;
      });
      return answer === 1;
    },
    addMember: async (key, member, at) => {
      await run(async () => await client.zadd(key.text, at, member));
    },
    removeMember: async (key, member) => {
      await run(async () => await client.zrem(key.text, member));
    },
    countMembers: async (key) => await run(async () => await client.zcard(key.text)),
    membersUntil: async (key, until, limit) =>
      await run(async () => await client.zrangebyscore(key.text, '-inf', until, 'LIMIT', 0, limit)),
    addToCounter: async (key, by, endsAt) => {
      const values = [String(clock.now()), String(by), String(endsAt)];
      return Number(await run(async () => await evaluate(client, ADD, [key.text], values)));
    },
    openFeed: (key, keepMs) => createRedisFeed({ ...connect(options), key, keepMs }),
    ping: async () => {
      const states = await run(async () => await readServerStates(client));
      hasReplicas = states.some(({ replicas }) => replicas > 0);
      if (!isChecked) refuseEviction(states);
      isChecked = true;
    },
    close: connection.close,
  };
}

/** A connection of its own, made in the background. */
function connect(options: RedisConnectionOptions) {
  const { client, close } = openRedisConnection(options);
  const waitUntilReady = createReadiness(client);
  return {
    client,
    run: async <T>(work: () => Promise<T>): Promise<T> => {
      try {
        await waitUntilReady();
        return await work();
      } catch (error) {
        throw new StoreUnavailableError('Redis did not complete the operation', { cause: error });
      }
    },
    close,
  };
}

/**
 * Waits until one replica has what this connection wrote last, for a moment: a replica that is behind must not make a
 * revocation fail. In a pipeline with a read of the key, because on a Cluster only a key says which node is meant.
 */
async function awaitReplica(client: RedisClient, key: string): Promise<void> {
  await client.pipeline().exists(key).wait(1, REPLICA_TIMEOUT_MS).exec();
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

function valuesOf(change: Change): string[] {
  const expect = expectationText(change.expect);
  if (change.op !== 'put') return [change.op, expect, '', '', ''];
  const expiry = change.expiresAt === null ? '' : String(change.expiresAt);
  return [change.op, expect, change.value, newVersion(), expiry];
}

function expectationText(expect: Expectation | undefined): string {
  if (expect === undefined) return '';
  return typeof expect === 'string' ? expect : `=${expect.version}`;
}

function live(found: string | null, now: number): StoredRecord | undefined {
  const [, version, expiry, value] = /^([^:]*):(\d*):(.*)$/s.exec(found ?? '') ?? [];
  if (version === undefined || value === undefined) return undefined;
  const expiresAt = expiry === '' ? null : Number(expiry);
  return expiresAt !== null && expiresAt <= now ? undefined : { value, version, expiresAt };
}

interface ServerState {
  readonly evictionPolicy: string;
  readonly replicas: number;
}

/** Read from INFO: CONFIG is forbidden to us where somebody else runs the server. */
async function readServerStates(client: RedisClient): Promise<readonly ServerState[]> {
  const nodes = client instanceof Cluster ? client.nodes('master') : [client];
  return await Promise.all(
    nodes.map(async (node) => {
      const [memory, replication] = await Promise.all([node.info('memory'), node.info('replication')]);
      return {
        evictionPolicy: /^maxmemory_policy:(\S+)/m.exec(memory)?.[1] ?? 'unknown',
        replicas: Number(/^connected_slaves:(\d+)/m.exec(replication)?.[1] ?? 0),
      };
    }),
  );
}

function refuseEviction(states: readonly ServerState[]): void {
  const policies = states.map(({ evictionPolicy }) => evictionPolicy);
  const evicting = policies.find((policy) => policy !== 'noeviction' && policy !== 'unknown');
  if (evicting === undefined) return;
  throw new UnsafeRedisError(
    `Redis is set to maxmemory-policy ${evicting} and would drop grants under memory pressure; set it to noeviction`,
  );
}
