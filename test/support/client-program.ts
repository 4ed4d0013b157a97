import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { stop } from './topology/run-process.ts';

/** A client program of somebody else, running on its own, with a home folder of its own. */
export interface ClientProgram {
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Exit code, once it has ended; null when it was killed. */
  readonly ended: Promise<number | null>;
}

/** What such a program gets of our environment: where programs are, its home, and a browser that does nothing. */
export function programEnvironment(home: string): Record<string, string> {
  return { PATH: process.env['PATH'] ?? '', HOME: home, BROWSER: 'true', NO_COLOR: '1' };
}

/** A home folder that goes with the running test. */
export function temporaryHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'client-home-'));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

/** Starts a Node program; it is killed when the running test ends, if it has not ended by then. */
export function startProgram(
  command: readonly string[],
  options: { home: string; env?: Record<string, string>; onOutput?: (soFar: string) => void },
): ClientProgram {
  const child = spawn(process.execPath, command, {
    // An input that ends would tell some programs to stop.
    stdio: ['pipe', 'pipe', 'pipe'],
    cwd: options.home,
    env: { ...programEnvironment(options.home), ...options.env },
  });
  onTestFinished(async () => await stop(child));
  const texts = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      texts[name] += text;
      options.onOutput?.(texts.stderr);
    });
  }
  return { stdout: () => texts.stdout, stderr: () => texts.stderr, ended: ending(child) };
}

async function ending(child: ChildProcess): Promise<number | null> {
  return await new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
}
