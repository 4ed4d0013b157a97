import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { acceptsConnections } from './accepts-connections.ts';
import { freePorts } from './free-ports.ts';

/** A real redis-server on a free loopback port, with a folder of its own. */
export interface RedisServer {
  readonly port: number;
  readonly folder: string;
  /** The process that runs now. */
  readonly process: ChildProcess;
  /** Ends it at once, as a crash would; what it wrote to disk stays. */
  kill(): Promise<void>;
  /** Runs it again on the same port and folder. */
  restart(): Promise<void>;
  /** Runs redis-cli against it and answers what it printed. */
  cli(...command: string[]): string;
  stop(): Promise<void>;
}

const ATTEMPTS = 200;

/** Starts a server; `settings` are lines of redis.conf. */
export async function startRedis(
  options: { port?: number; settings?: readonly string[]; program?: string } = {},
): Promise<RedisServer> {
  const port = options.port ?? (await freePorts(1))[0] ?? 0;
  const folder = mkdtempSync(join(tmpdir(), 'redis-test-'));
  const file = join(folder, 'redis.conf');
  const lines = [
    `port ${String(port)}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    ...(options.settings ?? ['save ""']),
  ];
  writeFileSync(file, `${lines.join('\n')}\n`);
  const run = () => spawn(options.program ?? 'redis-server', [file], { stdio: 'ignore' });
  let child = run();
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };
  const tlsPort = options.settings
    ?.map((line) => /^tls-port (\d+)/.exec(line)?.[1])
    .find((found) => found !== undefined);
  const listeningPort = Number(tlsPort ?? port);
  await untilListening(listeningPort, child);
  const cli = (...command: string[]) =>
    execFileSync('redis-cli', ['-p', String(port), ...command], { encoding: 'utf8' }).trim();
  return {
    port,
    folder,
    get process() {
      return child;
    },
    kill,
    restart: async () => {
      await kill();
      child = run();
      await untilListening(listeningPort, child);
    },
    cli,
    stop: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What gateways and workers need to share a Redis: its address, and keys that no file can give them. */
export function redisEnvironment(server: RedisServer): Record<string, string> {
  const key = () => randomBytes(32).toString('base64url');
  return {
    STORE: 'redis',
    REDIS_NODES: `127.0.0.1:${String(server.port)}`,
    GATEWAY_KEYS: `g1:${key()}`,
    VAULT_KEYS: `v1:${key()}`,
    WORKER_GATE_KEY: key(),
  };
}

/** Resolves when something accepts connections on a loopback port. @throws when the process ends before. */
async function untilListening(port: number, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`redis-server ended with ${String(child.exitCode)}`);
    if (await acceptsConnections(port)) return;
    await delay(25);
  }
  throw new Error('redis-server did not start');
}

/** Waits until `isTrue` holds, asking every 25 ms. @throws after `attempts` questions. */
export async function until(isTrue: () => boolean | Promise<boolean>, attempts = 400): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    if (await isTrue()) return;
    await delay(25);
  }
  throw new Error('what was waited for did not happen');
}

/** Three masters without replicas, all slots served. */
export async function startRedisCluster(): Promise<{
  nodes: { host: string; port: number }[];
  stop: () => Promise<void>;
}> {
  const settings = [
    'save ""',
    'cluster-enabled yes',
    'cluster-config-file nodes.conf',
    'cluster-node-timeout 2000',
  ];
  // The cluster bus listens 10000 above the port, which must stay below 65536.
  const ports = await freePorts(3);
  const servers = await Promise.all(ports.map(async (port) => await startRedis({ port, settings })));
  const addresses = servers.map((server) => `127.0.0.1:${String(server.port)}`);
  execFileSync('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-yes'], { encoding: 'utf8' });
  await until(() => servers.every((server) => server.cli('cluster', 'info').includes('cluster_state:ok')));
  return {
    nodes: servers.map((server) => ({ host: '127.0.0.1', port: server.port })),
    stop: async () => {
      await Promise.all(
        servers.map(async (server) => {
          await server.stop();
        }),
      );
    },
  };
}

/** A primary, a replica and three sentinels that agree on it. */
export async function startRedisSentinel() {
  const primary = await startRedis();
  const replica = await startRedis({ settings: ['save ""', `replicaof 127.0.0.1 ${String(primary.port)}`] });
  await until(() => replica.cli('info', 'replication').includes('master_link_status:up'));
  const settings = [
    `sentinel monitor main 127.0.0.1 ${String(primary.port)} 2`,
    'sentinel down-after-milliseconds main 500',
    'sentinel failover-timeout main 3000',
  ];
  const sentinels = await Promise.all(
    Array.from({ length: 3 }, async () => await startRedis({ settings, program: 'redis-sentinel' })),
  );
  await until(() =>
    sentinels.every((sentinel) => /num-other-sentinels\n2/.test(sentinel.cli('sentinel', 'master', 'main'))),
  );
  await until(() =>
    sentinels.every((sentinel) => /num-slaves\n1/.test(sentinel.cli('sentinel', 'master', 'main'))),
  );
  return {
    primary,
    replica,
    sentinels: sentinels.map((sentinel) => ({ host: '127.0.0.1', port: sentinel.port })),
    stop: async () => {
      await Promise.all(
        [...sentinels, replica, primary].map(async (server) => {
          await server.stop();
        }),
      );
    },
  };
}
