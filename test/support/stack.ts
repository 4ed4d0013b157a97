import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { freePorts } from './free-ports.ts';
import { createGateway } from '../../gateway/gateway.ts';
import type { Backends } from '../../gateway/config/index.ts';
import { configuredBackends, loadGatewayConfig } from '../../gateway/config/index.ts';
import { githubHostFromBases } from '../../shared/github/index.ts';
import { systemClock } from '../../shared/clock.ts';
import { readTextFile } from '../../shared/config/index.ts';
import { createLogger } from '../../shared/logger.ts';
import type { EventBus, GatewayEvent } from '../../shared/ops/index.ts';
import { createEventBus } from '../../shared/ops/index.ts';
import type { EdgeRefusal } from '../../shared/listener/index.ts';
import { createRefusalLog, listenOn } from '../../shared/listener/index.ts';
import { composeWorker } from '../../worker/compose.ts';
import { loadWorkerConfig } from '../../worker/config.ts';
import type { GitHubSimulator, GitHubSimulatorOptions } from '../github-simulator/index.ts';
import { startGitHubSimulator } from '../github-simulator/index.ts';
import { gatewayEnvironment, urlsOf, workerEnvironment } from './topology/environment.ts';

/** Gateways, workers and a simulated GitHub in this process, on free loopback ports and a temporary folder. */
export interface Stack {
  readonly publicUrl: string;
  readonly mcpUrl: string;
  /** Base URL of every gateway; the first is `publicUrl`. They share issuer and store. */
  readonly gateways: readonly string[];
  readonly workers: readonly string[];
  /** Base URLs of the last gateway's side listeners, by name. */
  readonly side: Readonly<Record<string, string>>;
  readonly github: GitHubSimulator;
  /** The second back end, when one was asked for. */
  readonly second: SecondBackend | undefined;
  readonly stateDir: string;
  readonly events: readonly GatewayEvent[];
  /** Every log line written so far. */
  readonly log: readonly string[];
  /** Key and version of every stored record: two equal snapshots mean nothing was stored, changed or consumed. */
  snapshot(): readonly string[];
  /** All stored values, to search for what must not be there. */
  dump(): string;
  close(): Promise<void>;
}

/** Another resource of the same gateways, for the people of another GitHub, with a worker of its own. */
export interface SecondBackend {
  readonly mcpUrl: string;
  readonly github: GitHubSimulator;
}

export interface StackOptions {
  readonly gateways?: number;
  readonly workers?: number;
  /** Environment of the gateways, over the defaults. */
  readonly env?: Readonly<Record<string, string>>;
  /** Environment of one gateway, over that. */
  readonly envOf?: (gateway: number) => Readonly<Record<string, string>>;
  readonly workerEnv?: Readonly<Record<string, string>>;
  /** What kind of GitHub is simulated. */
  readonly github?: GitHubSimulatorOptions;
  /** Path of a second resource. There is no configuration for it yet: it is composed. */
  readonly second?: string;
}

export async function startStack(options: StackOptions = {}): Promise<Stack> {
  const stateDir = mkdtempSync(join(tmpdir(), 'gateway-test-'));
  const github = await startGitHubSimulator(options.github);
  const secondGitHub = options.second === undefined ? undefined : await startGitHubSimulator();
  const events: GatewayEvent[] = [];
  const log: string[] = [];
  const logger = createLogger({
    level: 'trace',
    name: 'test',
    destination: { write: (line) => void log.push(line) },
  });
  const ports = await freePorts((options.gateways ?? 1) + (options.workers ?? 1) + 1);
  const gatewayPorts = ports.slice(0, options.gateways ?? 1);
  const workerPorts = ports.slice(gatewayPorts.length, -1);
  const [secondPort = 0] = ports.slice(-1);
  const publicUrl = `http://localhost:${String(gatewayPorts[0])}`;
  const workers = urlsOf(workerPorts);
  const second = secondBackend(publicUrl, options.second, secondGitHub);
  const backendsOf = withSecond(second, secondPort);
  const place = { publicUrl, stateDir, github };
  const logRefusal = createRefusalLog({ logger, clock: systemClock });
  const tellRefused = (listener: string, bus: EventBus) => (refusal: EdgeRefusal) => {
    logRefusal(listener, refusal);
    bus.emit({ type: 'edge.refused', listener, ...refusal });
  };
  const closers: (() => Promise<void>)[] = [];
  const side: Record<string, string> = {};
  for (const [index, port] of gatewayPorts.entries()) {
    const config = loadGatewayConfig(
      {
        ...gatewayEnvironment(place, { port, workerUrls: workers }),
        ...options.env,
        ...options.envOf?.(index),
      },
      readTextFile,
    );
    const bus = createEventBus({ logger });
    bus.on('*', (event) => void events.push(event));
    const gateway = await createGateway(config, { clock: systemClock, logger, events: bus }, backendsOf);
    const listening = await listenOn(gateway.app, {
      ...gateway.edge,
      host: config.httpHost,
      port,
      onRefused: tellRefused('main', bus),
    });
    closers.push(() => listening.close(0));
    for (const each of gateway.sideListeners) {
      const beside = await listenOn(each.app, { ...each, onRefused: tellRefused(each.name, bus) });
      side[each.name] = `http://127.0.0.1:${String(beside.port)}`;
      closers.push(() => beside.close(0));
    }
    closers.push(gateway.close);
  }
  const startWorker = async (port: number, own?: ReturnType<typeof secondBackend>) => {
    const workerPlace = { ...place, github: own?.github ?? github };
    const config = loadWorkerConfig(
      { ...workerEnvironment(workerPlace, port), ...options.workerEnv },
      readTextFile,
    );
    const deps = { clock: systemClock, logger, events: createEventBus({ logger }) };
    const worker = await composeWorker(config, deps, own?.resource);
    const listening = await listenOn(worker.app, { ...worker.edge, host: config.host, port });
    closers.push(() => listening.close(0), worker.close);
  };
  for (const port of workerPorts) await startWorker(port);
  if (second !== undefined) await startWorker(secondPort, second);
  return {
    publicUrl,
    mcpUrl: `${publicUrl}/mcp`,
    gateways: gatewayPorts.map((port) => `http://localhost:${String(port)}`),
    workers,
    side,
    github,
    second,
    stateDir,
    events,
    log,
    snapshot: () =>
      readTables(stateDir, 'key, version').map((row) => `${String(row['key'])} ${String(row['version'])}`),
    dump: () =>
      readTables(stateDir, 'key, value')
        .map((row) => `${String(row['key'])} ${String(row['value'])}`)
        .join('\n'),
    close: async () => {
      for (const close of closers) await close();
      await github.close();
      await secondGitHub?.close();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}

function secondBackend(publicUrl: string, path: string | undefined, github: GitHubSimulator | undefined) {
  if (path === undefined || github === undefined) return undefined;
  const mcpUrl = publicUrl + path;
  return { mcpUrl, github, resource: { path, identifier: mcpUrl, name: 'Second' } };
}

function withSecond(second: ReturnType<typeof secondBackend>, port: number) {
  return (...of: Parameters<typeof configuredBackends>): Backends => {
    const [first] = configuredBackends(...of);
    if (second === undefined) return [first];
    const github = { ...first.github, host: githubHostFromBases(second.github) };
    const workerUrls = [`http://127.0.0.1:${String(port)}`];
    return [first, { resource: second.resource, github, workerUrls }];
  };
}

function readTables(stateDir: string, columns: string) {
  const database = new DatabaseSync(join(stateDir, 'gateway.db'), { readOnly: true, timeout: 1000 });
  try {
    return ['durable_records', 'relaxed_records'].flatMap((table) =>
      database.prepare(`SELECT ${columns} FROM ${table} ORDER BY key`).all(),
    );
  } finally {
    database.close();
  }
}
