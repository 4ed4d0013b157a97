import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SecretReading, SecretSource } from '../secrets/index.ts';

/** The keys a single host generates for itself: file name → the variable it stands for, and its first content. */
const GENERATED = {
  'gateway-keys': {
    variable: 'GATEWAY_KEYS',
    make: () => `k1:${randomBytes(32).toString('base64url')}\n`,
  },
  'vault-keys': { variable: 'VAULT_KEYS', make: () => `k1:${randomBytes(32).toString('base64url')}\n` },
  'worker-gate-key': {
    variable: 'WORKER_GATE_KEY',
    make: () => `${randomBytes(32).toString('base64url')}\n`,
  },
} as const;

export type GeneratedKeyFile = keyof typeof GENERATED;

/**
 * Reads a key file in the state folder, creating it (0600) when absent. Of several processes that start at once
 * one wins and the others read the winner's: the file appears under its name complete, never half written.
 * @throws the file system's error when the folder cannot be written or the file not read.
 */
export function readOrCreateKeyFile(folder: string, name: GeneratedKeyFile): string {
  const path = join(folder, name);
  const existing = readIfPresent(path);
  if (existing !== undefined) return existing;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, GENERATED[name].make(), { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(draft, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    unlinkSync(draft);
  }
  return readFileSync(path, 'utf8').trim();
}

/**
 * The same as a source that is followed: an operator may rotate generated keys as well.
 * @throws as `readOrCreateKeyFile`
 */
export function generatedKeySource(folder: string, name: GeneratedKeyFile): SecretSource {
  const path = join(folder, name);
  return {
    text: readOrCreateKeyFile(folder, name),
    file: { variable: GENERATED[name].variable, path, read: () => readAgain(path) },
  };
}

/** A file that is gone is not made again: what it protected could not be read any more. */
function readAgain(path: string): SecretReading {
  try {
    const text = readFileSync(path, 'utf8').trim();
    return text === '' ? { ok: false, problem: 'is empty' } : { ok: true, text };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    return { ok: false, problem: `cannot be read: ${code}` };
  }
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
