import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProcess, stop } from './topology/run-process.ts';
import { freePorts } from './free-ports.ts';

/** One process of the product with a port for every listener it can open. */
export interface EdgeProcess {
  readonly child: ChildProcess;
  /** Port of each listener, by name. */
  readonly ports: Readonly<Record<string, number>>;
  readonly output: readonly string[];
  /** How many descriptors the process holds. */
  descriptors(): number;
  stop(): Promise<void>;
}

/** A gateway with all its listeners, in front of no worker. @throws when it does not get ready. */
export async function startEdgeGateway(env: Readonly<Record<string, string>> = {}): Promise<EdgeProcess> {
  const [main = 0, operations = 0, admin = 0, metadata = 0, callback = 0] = await freePorts(5);
  return await start(
    'gateway/main.ts',
    { main, operations, admin, metadata, callback },
    {
      MCP_HTTP_PORT: String(main),
      OPS_PORT: String(operations),
      ADMIN_PORT: String(admin),
      ADMIN_TOKEN: 'x'.repeat(40),
      OAUTH_METADATA_PORT: String(metadata),
      OAUTH_CALLBACK_PORT: String(callback),
      ENABLE_OAUTH_CALLBACK_SERVER: 'true',
      GITHUB_OAUTH_CLIENT_ID: 'x',
      GITHUB_OAUTH_CLIENT_SECRET: 'y',
      WORKER_URLS: 'http://127.0.0.1:9',
      ...env,
    },
  );
}

/** A worker with all its listeners. @throws when it does not get ready. */
export async function startEdgeWorker(env: Readonly<Record<string, string>> = {}): Promise<EdgeProcess> {
  const [main = 0, operations = 0] = await freePorts(2);
  return await start(
    'worker/main.ts',
    { main, operations },
    {
      PUBLIC_URL: 'http://localhost:3000',
      WORKER_PORT: String(main),
      OPS_PORT: String(operations),
      ...env,
    },
  );
}

async function start(
  program: string,
  ports: Readonly<Record<string, number>>,
  env: Readonly<Record<string, string>>,
): Promise<EdgeProcess> {
  const stateDir = mkdtempSync(join(tmpdir(), 'edge-test-'));
  const { child, output } = await runProcess(program, { STATE_DIR: stateDir, ...env });
  return {
    child,
    ports,
    output,
    descriptors: () => readdirSync(`/proc/${String(child.pid)}/fd`).length,
    stop: async () => {
      await stop(child);
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}
