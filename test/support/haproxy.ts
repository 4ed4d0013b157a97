import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { acceptsConnections } from './accepts-connections.ts';

/** A real HAProxy with its stock `mode http` and `option httpchk`. */
export interface HaProxy {
  readonly url: string;
  /** What its health check thinks of each back end: `UP`, `DOWN`, … */
  health(): Promise<readonly string[]>;
  close(): Promise<void>;
}

const ATTEMPTS = 200;

/** Starts HAProxy on a loopback port. @throws when it does not listen. */
export async function startHaProxy(options: {
  readonly port: number;
  readonly backEnds: readonly string[];
  /** What its health check asks, as in `option httpchk`; empty is `OPTIONS / HTTP/1.0`. */
  readonly check: string;
  /** Whether it names the client's address (`option forwardfor`), which stock `mode http` does not. */
  readonly forwarding?: boolean;
}): Promise<HaProxy> {
  const folder = mkdtempSync(join(tmpdir(), 'haproxy-test-'));
  const file = join(folder, 'haproxy.cfg');
  const socket = join(folder, 'stats.sock');
  writeFileSync(file, configuration({ ...options, socket }));
  const child = spawn('haproxy', ['-db', '-f', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  }
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  for (let attempt = 0; !(await acceptsConnections(options.port)); attempt += 1) {
    if (child.exitCode !== null || attempt === ATTEMPTS) {
      await close();
      throw new Error(`HAProxy did not start: ${output.join('')}`);
    }
    await delay(25);
  }
  return {
    url: `http://127.0.0.1:${String(options.port)}`,
    health: async () => {
      const table = await ask(socket, 'show stat');
      return table
        .split('\n')
        .map((line) => line.split(','))
        .filter(([pool, server]) => pool === 'gateways' && server?.startsWith('g') === true)
        .map((columns) => columns[STATUS_COLUMN] ?? '');
    },
    close,
  };
}

/** Of `show stat`. */
const STATUS_COLUMN = 17;

async function ask(path: string, command: string): Promise<string> {
  const socket = connect(path);
  let answer = '';
  socket.on('data', (chunk: Buffer) => (answer += chunk.toString()));
  socket.write(`${command}\n`);
  await once(socket, 'close');
  return answer;
}

function configuration(of: {
  port: number;
  backEnds: readonly string[];
  check: string;
  socket: string;
  forwarding?: boolean;
}): string {
  const servers = of.backEnds.map((url, index) => {
    const { port } = new URL(url);
    return `  server g${String(index)} 127.0.0.1:${port} check inter 100ms fall 1 rise 1`;
  });
  return `
global
  stats socket ${of.socket} mode 600
  log stdout format raw local0 notice
defaults
  mode http
  option httpchk ${of.check}
${of.forwarding === true ? '  option forwardfor\n' : ''}  timeout connect 2s
  timeout check 5s
  timeout client 60s
  timeout server 60s
frontend clients
  bind 127.0.0.1:${String(of.port)}
  default_backend gateways
backend gateways
${servers.join('\n')}
`;
}
