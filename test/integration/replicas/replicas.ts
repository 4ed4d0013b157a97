import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GitHubSimulator, GitHubSimulatorOptions } from '../../github-simulator/index.ts';
import { startGitHubSimulator } from '../../github-simulator/index.ts';
import { makeCertificates } from '../../support/certificates.ts';
import type { Nginx } from '../../support/nginx.ts';
import { startNginx } from '../../support/nginx.ts';
import type { RedisDoor } from '../../support/redis-door.ts';
import { openRedisDoor } from '../../support/redis-door.ts';
import type { RedisServer } from '../../support/redis.ts';
import { redisEnvironment, startRedis } from '../../support/redis.ts';
import { freePorts } from '../../support/free-ports.ts';
import { gatewayEnvironment, urlsOf, workerEnvironment } from '../../support/topology/environment.ts';
import { runProcess, stop } from '../../support/topology/run-process.ts';

export type StoreKind = 'sqlite' | 'redis';

/** Two gateway processes and a worker process behind nginx on https, with one store. */
export interface Replicas {
  /** nginx: every request goes to the other gateway. */
  readonly publicUrl: string;
  readonly mcpUrl: string;
  readonly nginx: Nginx;
  readonly github: GitHubSimulator;
  /** Origins of the gateways themselves, behind nginx. */
  readonly gateways: readonly [string, string];
  /** The store, and the first gateway's door to it; undefined on SQLite. */
  readonly redis: { readonly server: RedisServer; readonly door: RedisDoor } | undefined;
  /** Every process of the product, by what it is; `port` is that of its main listener. */
  readonly processes: readonly RunningProcess[];
  /** The state folder, with the database on SQLite. */
  readonly stateDir: string;
  /** Ends a gateway at once, as a crash would. */
  kill(gateway: 0 | 1): Promise<void>;
  close(): Promise<void>;
}

export interface RunningProcess {
  readonly name: string;
  readonly child: ChildProcess;
  readonly port: number;
  readonly output: readonly string[];
}

export interface ReplicaOptions {
  /** For Node itself, before the program of each process. */
  readonly nodeOptions?: readonly string[];
  readonly store: StoreKind;
  /** A worker of the test's own, in place of a real one. */
  readonly workerUrl?: string;
  /** Default 1. */
  readonly workers?: number;
  /** Environment of the gateways, over one without limits by address. */
  readonly gatewayEnv?: Readonly<Record<string, string>>;
  /** What kind of GitHub is simulated. */
  readonly github?: GitHubSimulatorOptions;
  /** Lines of the configuration of Redis. */
  readonly redisSettings?: readonly string[];
}

/** Starts everything on free ports. @throws when a part does not get ready. */
export async function startReplicas(options: ReplicaOptions): Promise<Replicas> {
  const closers: (() => Promise<void>)[] = [];
  const close = async () => {
    for (const end of closers.splice(0).reverse()) await end();
  };
  try {
    return { ...(await start(options, closers)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function start(options: ReplicaOptions, closers: (() => Promise<void>)[]) {
  const { store, workerUrl } = options;
  const folder = mkdtempSync(join(tmpdir(), 'replicas-test-'));
  const certificates = makeCertificates();
  closers.push(async () => {
    for (const made of [folder, certificates.folder]) rmSync(made, { recursive: true, force: true });
  });
  const github = await startGitHubSimulator(options.github);
  closers.push(github.close);
  const [port = 0, first = 0, second = 0, ...workerPorts] = await freePorts(3 + (options.workers ?? 1));
  const workerUrls = workerUrl === undefined ? urlsOf(workerPorts) : [workerUrl];
  const place = { publicUrl: `https://localhost:${String(port)}`, stateDir: folder, github };
  const redis = store === 'redis' ? await openRedis(options, closers) : undefined;
  // Redis keeps no keys for its processes: they are given, the same to all.
  const toStore = redis === undefined ? {} : redisEnvironment(redis.server);
  const throughDoor = redis === undefined ? {} : { REDIS_NODES: `127.0.0.1:${String(redis.door.port)}` };
  const run = async (main: string, env: Record<string, string>) =>
    await runProcess(
      main,
      { ...toStore, ...env },
      {
        ...(options.nodeOptions === undefined ? {} : { nodeOptions: options.nodeOptions }),
        onStart: (child) => closers.push(async () => await stop(child)),
      },
    );
  const runGateway = async (gatewayPort: number, env: Record<string, string> = {}) =>
    await run('gateway/main.ts', {
      ...env,
      ...gatewayEnvironment(place, { port: gatewayPort, workerUrls }),
      TRUSTED_PROXIES: '127.0.0.1',
      ...options.gatewayEnv,
    });
  const children = await Promise.all([runGateway(first, throughDoor), runGateway(second)]);
  const processes: RunningProcess[] = children.map((started, index) => ({
    name: `gateway-${String(index + 1)}`,
    ...started,
    port: index === 0 ? first : second,
  }));
  for (const workerPort of workerUrl === undefined ? workerPorts : []) {
    // Straight to the gateways, so that only clients' requests pass nginx.
    const jwks = { JWKS_URL: `http://127.0.0.1:${String(second)}/jwks` };
    const started = await run('worker/main.ts', { ...workerEnvironment(place, workerPort), ...jwks });
    processes.push({ name: `worker-${String(processes.length - 1)}`, ...started, port: workerPort });
  }
  const gateways = [first, second].map((each) => `http://localhost:${String(each)}`) as [string, string];
  const nginx = await startNginx({ port, backEnds: gateways, certificates });
  closers.push(nginx.close);
  const { url: publicUrl } = nginx;
  const kill = async (gateway: 0 | 1) => await stop(children[gateway].child);
  const mcpUrl = `${publicUrl}/mcp`;
  return { publicUrl, mcpUrl, nginx, github, gateways, redis, processes, stateDir: folder, kill };
}

async function openRedis({ redisSettings }: ReplicaOptions, closers: (() => Promise<void>)[]) {
  const server = await startRedis(redisSettings === undefined ? {} : { settings: redisSettings });
  closers.push(async () => {
    await server.stop();
  });
  const door = await openRedisDoor(server.port);
  closers.push(door.close);
  return { server, door };
}
