import { spawn } from 'node:child_process';

/** What a finished command left behind; `exitCode` is null when it was killed or could not start. */
export interface CommandResult {
  readonly exitCode: number | null;
  readonly output: string;
}

export type RunCommand = (command: string, args: readonly string[]) => Promise<CommandResult>;

const STEP_LIMIT_MS = 20 * 60 * 1000;

/** Runs a command to its end and collects what it prints; kills it after twenty minutes. */
export const runCommand: RunCommand = (command, args) =>
  new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1' },
      timeout: STEP_LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    const collect = (chunk: Buffer) => chunks.push(chunk);
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) =>
      resolve({ exitCode: null, output: `cannot run ${command}: ${error.message}` }),
    );
    child.on('close', (exitCode, signal) => {
      const end = signal === null ? '' : `\n${command} was ended by ${signal}`;
      resolve({ exitCode, output: Buffer.concat(chunks).toString('utf8') + end });
    });
  });
