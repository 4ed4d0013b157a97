import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { GitHubSimulator } from '../github-simulator/index.ts';
import { startGitHubSimulator } from '../github-simulator/index.ts';
import type { RoundRobin } from './round-robin.ts';
import { startRoundRobin } from './round-robin.ts';
import { freePorts } from './free-ports.ts';
import { gatewayEnvironment, urlsOf, workerEnvironment } from './topology/environment.ts';
import { runProcess, stop } from './topology/run-process.ts';

/** Two gateway processes and a worker process behind a load balancer, sharing one state folder. */
export interface Processes {
  /** The load balancer: every request goes to the other gateway. */
  readonly publicUrl: string;
  readonly mcpUrl: string;
  readonly gateways: readonly [string, string];
  readonly balancer: RoundRobin;
  readonly github: GitHubSimulator;
  close(): Promise<void>;
}

/** Starts both gateways at the same moment on an empty folder, then the worker. @throws when one does not get ready. */
export async function startProcesses(): Promise<Processes> {
  const stateDir = mkdtempSync(join(tmpdir(), 'gateway-processes-'));
  const github = await startGitHubSimulator();
  const balancer = await startRoundRobin();
  const children: ChildProcess[] = [];
  const [first = 0, second = 0, workerPort = 0] = await freePorts(3);
  const place = { publicUrl: balancer.url, stateDir, github };
  const workerUrls = urlsOf([workerPort]);
  const start = async (main: string, env: Record<string, string>) => {
    await runProcess(main, env, { onStart: (child) => children.push(child) });
  };
  const close = async () => {
    await Promise.all(children.map(stop));
    await balancer.close();
    await github.close();
    rmSync(stateDir, { recursive: true, force: true });
  };
  const gateways = [first, second].map((port) => `http://localhost:${String(port)}`) as [string, string];
  try {
    await Promise.all(
      [first, second].map(
        async (port) => await start('gateway/main.ts', gatewayEnvironment(place, { port, workerUrls })),
      ),
    );
    balancer.balance(gateways);
    await start('worker/main.ts', workerEnvironment(place, workerPort));
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
    close,
  };
}
