import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { listSuites } from '../run/suites.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const SECONDS = 1000;

const projects = listSuites(root).map(({ name, quick }) => {
  // Suites that start processes take one file at a time: the reference machine has two cores.
  const startsProcesses = !quick || name === 'architecture';
  const timeout = (startsProcesses ? 60 : 10) * SECONDS;
  return {
    extends: true as const,
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      maxWorkers: startsProcesses ? 1 : 2,
      sequence: { groupOrder: startsProcesses ? 1 : 0 },
      testTimeout: timeout,
      hookTimeout: timeout,
    },
  };
});

export default defineConfig({
  root,
  test: {
    environment: 'node',
    pool: 'forks',
    restoreMocks: true,
    unstubEnvs: true,
    unstubGlobals: true,
    projects,
  },
});
