import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { acceptsConnections } from '../../support/accepts-connections.ts';

const ATTEMPTS = 200;

/** A server that is not ours, on a core of its own. */
export interface SystemServer {
  readonly pid: number;
  stop(): Promise<void>;
}

/** Runs a server in the foreground until it listens. @throws when it ends before, with what it wrote. */
export async function startServer(
  command: readonly [string, ...string[]],
  { port, core }: { readonly port: number; readonly core: number },
): Promise<SystemServer> {
  const child = spawn('taskset', ['-c', String(core), ...command], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => output.push(chunk));
  for (let attempt = 0; !(await acceptsConnections(port)); attempt += 1) {
    if (child.exitCode !== null || attempt > ATTEMPTS)
      throw new Error(`${command[0]} does not listen: ${Buffer.concat(output).toString()}`);
    await delay(25);
  }
  return {
    pid: child.pid ?? 0,
    stop: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGTERM');
      await exited;
    },
  };
}
