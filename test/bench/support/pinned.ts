import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { stop } from '../../support/topology/run-process.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const READY_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 5_000;

/** A process of a bench, on a core of its own where the machine has two. */
export interface Pinned {
  readonly pid: number;
  /** What it wrote so far. Its log goes to a file: a pipe would make whoever reads it part of the measurement. */
  log(): string;
  stop(): Promise<void>;
}

/** Runs a program of ours and waits until it says that it is ready. @throws when it ends before */
export async function startPinned(
  main: string,
  env: Readonly<Record<string, string>>,
  core?: number,
): Promise<Pinned> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-log-'));
  const file = join(folder, 'log');
  const output = openSync(file, 'a');
  const command = [process.execPath, main];
  const [program = '', ...words] =
    core === undefined || !hasCore(core) ? command : ['taskset', '-c', String(core), ...command];
  const child = spawn(program, words, {
    cwd: root,
    env: { ...inherited(), ...env },
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  const log = () => readFileSync(file, 'utf8');
  const deadline = performance.now() + READY_TIMEOUT_MS;
  while (!log().includes('"msg":"ready"')) {
    if (child.exitCode !== null || performance.now() > deadline) throw new Error(`not ready: ${log()}`);
    await delay(20);
  }
  return {
    pid: child.pid ?? 0,
    log,
    stop: async () => {
      // Asked first: a process that is killed writes no profile.
      child.kill('SIGTERM');
      await Promise.race([once(child, 'exit'), delay(STOP_TIMEOUT_MS)]);
      await stop(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** `NODE_OPTIONS` too: `--cpu-prof --cpu-prof-dir=FOLDER` makes a profile of every contender. */
function inherited(): Record<string, string> {
  const { PATH = '', NODE_OPTIONS } = process.env;
  return { PATH, ...(NODE_OPTIONS === undefined ? {} : { NODE_OPTIONS }) };
}

/** Keeps this process, and those it starts later, off the core of the server under test. */
export function stayOffCore(core: number): void {
  const others = Array.from({ length: availableParallelism() }, (_, each) => each).filter(
    (each) => each !== core,
  );
  if (others.length > 0) execFileSync('taskset', ['-a', '-cp', others.join(','), String(process.pid)]);
}

function hasCore(core: number): boolean {
  return core < availableParallelism();
}
