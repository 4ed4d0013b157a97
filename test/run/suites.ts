import { globSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Suites that start no process beyond a tool and need no system part; `npm run test:quick` runs these. */
const QUICK_SUITES: readonly string[] = ['unit', 'architecture'];

/** A folder of test/ that holds at least one test file. */
export interface Suite {
  readonly name: string;
  readonly quick: boolean;
}

/**
 * Every suite under `<root>/test`, quick ones first. A folder is a suite as soon as it holds a
 * `*.test.ts`, so that no suite can be left out by forgetting to list it.
 */
export function listSuites(root: string): Suite[] {
  const tests = join(root, 'test');
  return readdirSync(tests, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .filter((name) => globSync(`${name}/**/*.test.ts`, { cwd: tests }).length > 0)
    .map((name) => ({ name, quick: QUICK_SUITES.includes(name) }))
    .sort((left, right) => rank(left) - rank(right) || left.name.localeCompare(right.name));
}

function rank(suite: Suite): number {
  const position = QUICK_SUITES.indexOf(suite.name);
  return position === -1 ? QUICK_SUITES.length : position;
}
