import { Cluster, Redis } from 'ioredis';
import type { ClusterOptions, RedisOptions } from 'ioredis';
import { once } from 'node:events';
import type { ConnectionOptions } from 'node:tls';

export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

/** Where the data is. */
export type RedisTopology =
  | { readonly kind: 'standalone'; readonly node: RedisNode; readonly database: number }
  | { readonly kind: 'sentinel'; readonly sentinels: readonly RedisNode[]; readonly masterName: string }
  | { readonly kind: 'cluster'; readonly nodes: readonly RedisNode[] };

export interface RedisConnectionOptions {
  readonly topology: RedisTopology;
  readonly username?: string | undefined;
  /** Asked before every connection: a password file that was rotated is read anew. */
  readonly readPassword: () => string | undefined;
  readonly tls?: { readonly ca?: string | undefined } | undefined;
  /** A connection fault; connecting goes on by itself. */
  readonly onError: (error: Error) => void;
}

export type RedisClient = Redis | Cluster;

const CONNECT_TIMEOUT_MS = 2_000;
/** An answer that takes longer is not waited for: what happened is then unknown. */
const COMMAND_TIMEOUT_MS = 2_000;
const RECONNECT_DELAY_MS = 50;
const MAX_RECONNECT_DELAY_MS = 1_000;
const CLOSE_TIMEOUT_MS = 500;

export interface RedisConnection {
  readonly client: RedisClient;
  readonly close: () => Promise<void>;
}

/**
 * Connects in the background, until closed. Nothing is queued while it is not connected and nothing is sent a second
 * time: a command that runs later than its caller believes could redeem a code after a 503.
 */
export function openRedisConnection(options: RedisConnectionOptions): RedisConnection {
  const client = createRedisClient(options);
  let isClosed = false;
  const connect = () => {
    if (!isClosed) void client.connect().catch(() => undefined);
  };
  // ioredis ends a client for good when a sentinel tells of a failover while it still asks another for the primary.
  client.on('end', () => {
    setTimeout(connect, RECONNECT_DELAY_MS).unref();
  });
  connect();
  return {
    client,
    close: async () => {
      isClosed = true;
      client.disconnect();
      // The event may have come already, or never comes for a connection that was only being made.
      if (client.status !== 'end') {
        await once(client, 'end', { signal: AbortSignal.timeout(CLOSE_TIMEOUT_MS) }).catch(() => undefined);
      }
    },
  };
}

function createRedisClient(options: RedisConnectionOptions): RedisClient {
  const { topology } = options;
  const client =
    topology.kind === 'cluster'
      ? new Cluster([...topology.nodes], clusterOptions(options))
      : new Redis({ ...commonOptions(options), ...addressOptions(topology, options) });
  client.on('error', (error: Error) => {
    if (client instanceof Redis && isRefusedPassword(error)) renewPassword(client, options);
    options.onError(error);
  });
  return client;
}

function commonOptions(options: RedisConnectionOptions) {
  const password = options.readPassword();
  return {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    // Commands of one turn of the event loop leave in one write: the writes cost more than the commands.
    enableAutoPipelining: true,
    // INFO may be all that the ACL allows of the administrative commands; names of clients are not needed.
    disableClientInfo: true,
    retryStrategy: (attempt: number) => Math.min(attempt * RECONNECT_DELAY_MS, MAX_RECONNECT_DELAY_MS),
    // After a failover the old primary answers READONLY: connect again, which finds the new one.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
    ...(options.username === undefined ? {} : { username: options.username }),
    ...(password === undefined ? {} : { password }),
    ...(options.tls === undefined ? {} : { tls: tlsOptions(options) }),
  } satisfies RedisOptions;
}

function addressOptions(
  topology: Exclude<RedisTopology, { kind: 'cluster' }>,
  options: RedisConnectionOptions,
) {
  if (topology.kind === 'standalone') {
    return {
      host: topology.node.host,
      port: topology.node.port,
      db: topology.database,
    } satisfies RedisOptions;
  }
  return {
    sentinels: [...topology.sentinels],
    name: topology.masterName,
    failoverDetector: true,
    // A sentinel that accepts and stays silent must not hold up the others.
    sentinelCommandTimeout: COMMAND_TIMEOUT_MS,
    sentinelRetryStrategy: (attempt) => Math.min(attempt * RECONNECT_DELAY_MS, MAX_RECONNECT_DELAY_MS),
    ...(options.tls === undefined
      ? {}
      : { enableTLSForSentinelMode: true, sentinelTLS: tlsOptions(options), tls: tlsOptions(options) }),
  } satisfies RedisOptions;
}

function clusterOptions(options: RedisConnectionOptions) {
  const { lazyConnect, enableOfflineQueue, retryStrategy, ...node } = commonOptions(options);
  return {
    lazyConnect,
    enableOfflineQueue,
    clusterRetryStrategy: retryStrategy,
    // Hosts stay names: a certificate is issued for a name, not for the address behind it.
    dnsLookup: (address, callback) => {
      callback(null, address);
    },
    slotsRefreshTimeout: COMMAND_TIMEOUT_MS,
    redisOptions: node,
  } satisfies ClusterOptions;
}

function tlsOptions(options: RedisConnectionOptions): ConnectionOptions {
  const ca = options.tls?.ca;
  return { minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }) };
}

function isRefusedPassword(error: Error): boolean {
  return /WRONGPASS|NOAUTH/.test(error.message);
}

function renewPassword(client: Redis, options: RedisConnectionOptions): void {
  const password = options.readPassword();
  if (password !== undefined) client.options.password = password;
}
