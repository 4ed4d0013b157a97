import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { LauncherFault } from './launcher-fault.ts';
import { readLogTail } from './log-tail.ts';

const REPOSITORY = new URL('../../', import.meta.url);
const STOP_WITH_PARENT = new URL('stop-with-parent.ts', import.meta.url).href;

const POLL_MS = 25;
const PROBE_TIMEOUT_MS = 2_000;

/** A URL that answers with exactly this status as soon as the process can work. */
export interface ReadySign {
  readonly url: string;
  readonly status: number;
}

/** One process to start. */
export interface ChildPlan {
  readonly name: string;
  /** From the repository's root. */
  readonly script: string;
  readonly args?: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readyWhen: readonly ReadySign[];
  /** How long it may take to stop before it is killed (ms). */
  readonly stopLimitMs: number;
  readonly logFile: string;
}

export interface Child {
  readonly plan: ChildPlan;
  /** Resolves when every ready sign was seen. @throws LauncherFault when the child dies before; an abort when it is stopped */
  ready(): Promise<void>;
  /** Rejects with a LauncherFault when the child ends without having been asked to; never resolves. */
  readonly died: Promise<never>;
  /** SIGTERM, then after the plan's limit SIGKILL; resolves when the process is gone. */
  stop(): Promise<void>;
}

/** Starts a process in a group of its own, so that Ctrl-C reaches only the launcher and the order of stopping holds. */
export function startChild(plan: ChildPlan): Child {
  const script = fileURLToPath(new URL(plan.script, REPOSITORY));
  const log = openSync(plan.logFile, 'w', 0o600);
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--import', STOP_WITH_PARENT, script, ...(plan.args ?? [])],
    { env: plan.env, stdio: ['pipe', log, log], detached: true },
  );
  closeSync(log);
  // The pipe is never written to; a child that dies breaks it.
  child.stdin?.on('error', () => undefined);
  let isStopping = false;
  const giveUp = new AbortController();
  const ended = endOf(child);
  const died = ended.then(async (how) => {
    if (isStopping) return await new Promise<never>(() => undefined);
    throw new LauncherFault(describeDeath(plan, how));
  });
  died.catch(() => undefined);
  return {
    plan,
    died,
    ready: async () => {
      try {
        await Promise.race([died, Promise.all(plan.readyWhen.map((sign) => waitFor(sign, giveUp.signal)))]);
      } finally {
        giveUp.abort();
      }
    },
    stop: async () => {
      isStopping = true;
      giveUp.abort();
      child.kill('SIGTERM');
      const cut = setTimeout(() => child.kill('SIGKILL'), plan.stopLimitMs);
      await ended;
      clearTimeout(cut);
    },
  };
}

/** How the process ended, in words; resolves when it is gone or could not be started. */
async function endOf(child: ChildProcess): Promise<string> {
  try {
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    return signal === null ? `with exit code ${code ?? '?'}` : `by ${signal}`;
  } catch (error) {
    return `because it could not be started: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function describeDeath({ name, logFile }: ChildPlan, how: string): string {
  const tail = readLogTail(logFile).map((line) => `  ${line}`);
  const lines = tail.length === 0 ? ['  (nothing was logged)'] : tail;
  return [`${name} ended ${how}. The end of ${logFile}:`, ...lines].join('\n');
}

/** @throws the signal's reason when it gives up: a child that is being stopped must not pass for ready */
async function waitFor(sign: ReadySign, giveUp: AbortSignal): Promise<void> {
  while ((await probe(sign.url)) !== sign.status) {
    giveUp.throwIfAborted();
    await delay(POLL_MS);
  }
  giveUp.throwIfAborted();
}

async function probe(url: string): Promise<number | undefined> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PROBE_TIMEOUT_MS), redirect: 'manual' });
    await response.body?.cancel();
    return response.status;
  } catch {
    return undefined;
  }
}
