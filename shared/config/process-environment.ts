import { readFileSync } from 'node:fs';
import type { Environment, ReadFile } from './read-text.ts';

/** The environment of this process; nothing else in production reads it. */
export function processEnvironment(): Environment {
  return { ...process.env };
}

/** Reads a file named by the configuration as UTF-8. */
export const readTextFile: ReadFile = (path) => readFileSync(path, 'utf8');
