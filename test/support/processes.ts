import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { GitHubSimulator } from '../github-simulator/index.ts';
import { DEMO_OAUTH_APP, startGitHubSimulator } from '../github-simulator/index.ts';
import type { RoundRobin } from './round-robin.ts';
import { startRoundRobin } from './round-robin.ts';
import { freePorts } from './free-ports.ts';
import { NO_LIMITS } from './stack.ts';

/** Two gateway processes and a worker process behind a load balancer, sharing one state folder. */
export interface Processes {
  /** The load balancer: every request goes to the other gateway. */
  readonly publicUrl: string;
  readonly mcpUrl: string;
  readonly gateways: readonly [string, string];
  readonly balancer: RoundRobin;
  readonly github: GitHubSimulator;
  /** Everything the processes wrote. */
  readonly output: readonly string[];
  close(): Promise<void>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Starts both gateways at the same moment on an empty folder, then the worker. @throws when one does not get ready. */
export async function startProcesses(): Promise<Processes> {
  const stateDir = mkdtempSync(join(tmpdir(), 'gateway-processes-'));
  const github = await startGitHubSimulator();
  const balancer = await startRoundRobin();
  const output: string[] = [];
  const children: ChildProcess[] = [];
  const [first = 0, second = 0, workerPort = 0] = await freePorts(3);
  const common = {
    PATH: process.env['PATH'] ?? '',
    PUBLIC_URL: balancer.url,
    STATE_DIR: stateDir,
    GITHUB_WEB_URL: github.webBase,
    GITHUB_API_URL: github.apiBase,
    OPS_PORT: '0',
  };
  const start = async (main: string, env: Record<string, string>) => {
    const child = spawn(process.execPath, [main], { cwd: root, env: { ...common, ...env } });
    children.push(child);
    await waitUntilReady(child, output);
  };
  const gatewayEnv = (port: number) => ({
    MCP_HTTP_PORT: String(port),
    ...NO_LIMITS,
    GITHUB_OAUTH_CLIENT_ID: DEMO_OAUTH_APP.clientId,
    GITHUB_OAUTH_CLIENT_SECRET: DEMO_OAUTH_APP.clientSecret,
    WORKER_URLS: `http://127.0.0.1:${String(workerPort)}`,
  });
  const close = async () => {
    await Promise.all(children.map(stop));
    await balancer.close();
    await github.close();
    rmSync(stateDir, { recursive: true, force: true });
  };
  const gateways = [first, second].map((port) => `http://localhost:${String(port)}`) as [string, string];
  try {
    await Promise.all([first, second].map(async (port) => await start('gateway/main.ts', gatewayEnv(port))));
    balancer.balance(gateways);
    await start('worker/main.ts', { WORKER_PORT: String(workerPort) });
  } catch (error) {
    await close();
    throw error;
  }
  return {
    publicUrl: balancer.url,
    mcpUrl: `${balancer.url}/mcp`,
    gateways,
    balancer,
    github,
    output,
    close,
  };
}

/** Resolves when the process says it is ready; its output goes into `output`. @throws when it ends before. */
export async function waitUntilReady(child: ChildProcess, output: string[]): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const onText = (chunk: Buffer) => {
      const text = chunk.toString();
      output.push(text);
      if (text.includes('"msg":"ready"')) resolve();
    };
    child.stdout?.on('data', onText);
    child.stderr?.on('data', onText);
    child.once('exit', (code) => {
      reject(new Error(`a process ended with ${String(code)}: ${output.join('').slice(-2000)}`));
    });
  });
}

/** Kills the process and waits until it is gone. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exited;
}
