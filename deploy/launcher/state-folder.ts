import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseKeptPorts, renderKeptPorts } from './kept-ports.ts';
import { LauncherFault } from './launcher-fault.ts';

/** The folder of one launcher: logs, kept ports, and what the children store. */
export interface StateFolder {
  readonly path: string;
  /** The last launcher of this folder did not stop in order, so its children may still be stopping. */
  readonly wasKilled: boolean;
  keptPorts(): ReadonlyMap<string, number>;
  keepPorts(ports: ReadonlyMap<string, number>): void;
  readonly logFile: (name: string) => string;
  /** Lets another launcher have the folder. */
  release(): void;
}

const OWNER_ONLY = { folder: 0o700, file: 0o600 } as const;

/**
 * Takes a state folder for this launcher, creating it when absent.
 * @throws LauncherFault when another launcher uses it, or it cannot be written
 */
export function takeStateFolder(path: string, options: { reset?: boolean } = {}): StateFolder {
  const lock = join(path, 'launcher.pid');
  const portsFile = join(path, 'ports.json');
  const wasKilled = requireUnused(lock);
  if (options.reset === true) requireOurs(path, portsFile);
  try {
    if (options.reset === true) rmSync(path, { recursive: true, force: true });
    mkdirSync(join(path, 'logs'), { recursive: true, mode: OWNER_ONLY.folder });
    writeFileSync(lock, `${process.pid}\n`, { mode: OWNER_ONLY.file });
  } catch (error) {
    throw new LauncherFault(`the state folder ${path} cannot be used: ${messageOf(error)}`, { cause: error });
  }
  return {
    path,
    wasKilled,
    keptPorts: () => {
      const text = readIfPresent(portsFile);
      return text === undefined ? new Map<string, number>() : parseKeptPorts(text, portsFile);
    },
    keepPorts: (ports) => {
      const draft = `${portsFile}.draft`;
      writeFileSync(draft, renderKeptPorts(ports), { mode: OWNER_ONLY.file });
      renameSync(draft, portsFile);
    },
    logFile: (name) => join(path, 'logs', `${name}.log`),
    release: () => {
      rmSync(lock, { force: true });
    },
  };
}

/** A reset deletes the whole folder: not one that something else filled. */
function requireOurs(path: string, portsFile: string): void {
  const isEmpty = !existsSync(path) || readdirSync(path).length === 0;
  if (isEmpty || existsSync(portsFile)) return;
  throw new LauncherFault(
    `${path} was not made by this launcher (it has no ports.json), so it is not reset.`,
  );
}

/** Two launchers on one folder would take each other's ports and store. Answers whether a dead one left its mark. */
function requireUnused(lock: string): boolean {
  const owner = Number(readIfPresent(lock)?.trim() ?? Number.NaN);
  if (!Number.isInteger(owner) || owner <= 0) return false;
  if (owner === process.pid || !isAlive(owner)) return true;
  throw new LauncherFault(
    `this state folder is in use by process ${owner}. Stop it first; if that is no launcher, remove ${lock}.`,
  );
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it exists, under another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw new LauncherFault(`${path} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
