import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { onTestFinished, vi } from 'vitest';
import { acceptsConnections } from '../../support/accepts-connections.ts';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));

/** What `ready` says to programs. */
export interface Addresses {
  readonly url: string;
  readonly mcp: string;
  readonly ops: string;
  readonly github: string;
}

/** A launcher as a person starts it, in a temporary folder that its processes can be recognised by. */
export interface Launcher {
  readonly pid: number;
  /** Lines of stdout so far. */
  readonly lines: readonly string[];
  /** Waits for a line of stdout that begins so. @throws when the launcher ends before */
  line(beginning: string): Promise<string>;
  kill(signal: NodeJS.Signals): void;
  /** Waits for the end. */
  end(): Promise<{ code: number | null; stderr: string }>;
}

/** A folder of this test, removed with everything that was started in it. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'launcher-test-'));
  onTestFinished(() => {
    for (const pid of processesOf(folder)) process.kill(pid, 'SIGKILL');
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

export function startLauncher(
  script: 'deploy/demo.ts' | 'deploy/start.ts',
  options: { folder: string; args?: readonly string[]; env?: Readonly<Record<string, string>> },
): Launcher {
  return watch(process.execPath, [join(REPOSITORY, script), ...(options.args ?? [])], options);
}

/** The same by `npm run`, with the shell that npm puts between itself and the launcher. */
export function startByNpm(
  script: 'demo' | 'start',
  options: { folder: string; args?: readonly string[]; env?: Readonly<Record<string, string>> },
): Launcher {
  return watch('npm', ['run', script, '--', ...(options.args ?? [])], options);
}

function watch(
  program: string,
  args: readonly string[],
  options: { folder: string; env?: Readonly<Record<string, string>> },
): Launcher {
  const child = spawn(program, args, {
    cwd: REPOSITORY,
    // TMPDIR is inherited by every process below: the mark by which they are found.
    env: { PATH: process.env['PATH'], ...options.env, TMPDIR: options.folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const lines: string[] = [];
  let stderr = '';
  const output = createInterface(child.stdout);
  output.on('line', (line) => lines.push(line));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const closed = once(child, 'close') as Promise<[number | null]>;
  return {
    pid: child.pid ?? 0,
    lines,
    line: async (beginning) => {
      for (;;) {
        const found = lines.find((line) => line.startsWith(beginning));
        if (found !== undefined) return found;
        if (child.exitCode !== null || child.signalCode !== null) {
          throw new Error(`ended without "${beginning}": ${lines.join('\n')}\n${stderr}`);
        }
        await Promise.race([once(output, 'line'), closed]);
      }
    },
    kill: (signal) => child.kill(signal),
    end: async () => {
      const [code] = await closed;
      return { code, stderr };
    },
  };
}

export async function addressesOf(launcher: Launcher): Promise<Addresses> {
  return JSON.parse((await launcher.line('ready ')).slice('ready '.length)) as Addresses;
}

/** A process of a folder that runs a script, as soon as there is one. @throws after 10 s without */
export async function firstProcess(folder: string, script: string): Promise<number> {
  return await vi.waitFor(
    () => {
      const [pid] = processesOf(folder).filter((each) => textOf(`/proc/${each}/cmdline`).includes(script));
      if (pid === undefined) throw new Error(`no process runs ${script}`);
      return pid;
    },
    { timeout: 10_000, interval: 20 },
  );
}

/** Living processes that were started below a folder, by the TMPDIR they inherited (needs Linux's /proc). */
export function processesOf(folder: string): readonly number[] {
  const mark = `TMPDIR=${folder}`;
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => textOf(`/proc/${pid}/environ`).split('\0').includes(mark))
    .map(Number);
}

/** The one child of a process (needs Linux's /proc). */
export function childOf(pid: number): number {
  return Number(textOf(`/proc/${pid}/task/${pid}/children`).trim());
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    // It ended between the two readings, or is another user's.
    return '';
  }
}

export async function isListening(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  return await acceptsConnections(Number(port), hostname);
}
