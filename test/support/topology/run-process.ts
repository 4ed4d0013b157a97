import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** A process of the product that said it is ready. */
export interface Running {
  readonly child: ChildProcess;
  /** Everything it wrote. */
  readonly output: readonly string[];
}

/**
 * Runs a program of this repository with nothing of our own environment but PATH, until it says that it is ready.
 * `onStart` has the child at once: whoever started it ends it, also when it does not get ready.
 * @throws when it ends before, with what it wrote.
 */
export async function runProcess(
  program: string,
  env: Readonly<Record<string, string>>,
  {
    nodeOptions = [],
    onStart,
  }: { nodeOptions?: readonly string[]; onStart?: (child: ChildProcess) => void } = {},
): Promise<Running> {
  const child = spawn(process.execPath, [...nodeOptions, program], {
    cwd: root,
    env: { PATH: process.env['PATH'] ?? '', ...env },
  });
  onStart?.(child);
  const output: string[] = [];
  await new Promise<void>((resolve, reject) => {
    const onText = (chunk: Buffer) => {
      const text = chunk.toString();
      output.push(text);
      if (text.includes('"msg":"ready"')) resolve();
    };
    child.stdout.on('data', onText);
    child.stderr.on('data', onText);
    child.once('exit', (code) => {
      reject(new Error(`a process ended with ${String(code)}: ${output.join('').slice(-2000)}`));
    });
  });
  return { child, output };
}

/** Kills the process and waits until it is gone. */
export async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exited;
}
