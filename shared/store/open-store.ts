import type { Clock } from '../clock.ts';
import type { Logger } from '../logger.ts';
import { awaitStore } from './await-store.ts';
import type { Store } from './contract/contract.ts';
import type { RedisNode, RedisTopology } from './redis/connection.ts';
import { openRedisStore } from './redis/redis-store.ts';
import { openSqliteStore } from './sqlite/sqlite-store.ts';

/** The part of a process's configuration that says where its records are. */
interface StoreConfig {
  readonly store: 'sqlite' | 'redis';
  readonly stateDir: string;
  readonly redisNodes: readonly RedisNode[];
  readonly redisSentinelMaster: string | undefined;
  readonly redisCluster: boolean;
  readonly redisUsername: string | undefined;
  readonly redisTls: boolean;
  readonly extraCa: string | undefined;
  readonly readRedisPassword: () => string | undefined;
}

/**
 * Opens the configured store and waits until it answers: a process that starts before its Redis does not crash.
 * @throws what the store says other than that it is away, such as unsafe settings.
 */
export async function openStore(
  config: StoreConfig,
  { clock, logger }: { clock: Clock; logger: Logger },
): Promise<Store> {
  if (config.store === 'sqlite') return await openSqliteStore({ folder: config.stateDir, clock });
  const store = openRedisStore({
    topology: topologyOf(config),
    username: config.redisUsername,
    readPassword: config.readRedisPassword,
    tls: config.redisTls ? { ca: config.extraCa } : undefined,
    clock,
    onError: (err) => {
      logger.warn({ err }, 'the connection to Redis failed');
    },
  });
  try {
    await awaitStore(store);
    return store;
  } catch (error) {
    await store.close();
    throw error;
  }
}

function topologyOf(config: StoreConfig): RedisTopology {
  const [first] = config.redisNodes;
  if (config.redisCluster) return { kind: 'cluster', nodes: config.redisNodes };
  if (config.redisSentinelMaster !== undefined) {
    return { kind: 'sentinel', sentinels: config.redisNodes, masterName: config.redisSentinelMaster };
  }
  if (first === undefined) throw new TypeError('REDIS_NODES names no server');
  return { kind: 'standalone', node: first, database: 0 };
}
