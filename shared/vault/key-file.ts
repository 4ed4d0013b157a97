import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The keys a single host generates for itself: file name → how its first content is made. */
const GENERATED = {
  'gateway-keys': () => `k1:${randomBytes(32).toString('base64url')}\n`,
  'vault-keys': () => `k1:${randomBytes(32).toString('base64url')}\n`,
  'worker-gate-key': () => `${randomBytes(32).toString('base64url')}\n`,
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
  writeFileSync(draft, GENERATED[name](), { mode: 0o600, flag: 'wx', flush: true });
  try {
    linkSync(draft, path);
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error;
  } finally {
    unlinkSync(draft);
  }
  return readFileSync(path, 'utf8').trim();
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
