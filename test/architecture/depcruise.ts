import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { z } from 'zod';

export const repository = fileURLToPath(new URL('../..', import.meta.url));

const ROOTS = ['gateway', 'worker', 'shared', 'deploy', 'test'] as const;

const reportSchema = z.object({
  summary: z.object({
    totalCruised: z.number(),
    violations: z.array(z.object({ from: z.string(), to: z.string(), rule: z.object({ name: z.string() }) })),
  }),
});

export interface Violation {
  readonly rule: string;
  readonly from: string;
  readonly to: string;
}

export interface CruiseReport {
  readonly modules: number;
  readonly violations: readonly Violation[];
}

/** Runs dependency-cruiser with the repository's rules on a tree that has the repository's shape. */
export async function cruise(tree: string): Promise<CruiseReport> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      `${repository}node_modules/dependency-cruiser/bin/dependency-cruiser.mjs`,
      `--config=${repository}test/tooling/import-rules.cjs`,
      '--output-type=json',
      ...ROOTS,
    ],
    { cwd: tree, maxBuffer: 256 * 1024 * 1024 },
  );
  const { summary } = reportSchema.parse(JSON.parse(stdout));
  const violations = summary.violations.map(({ rule, from, to }) => ({ rule: rule.name, from, to }));
  return { modules: summary.totalCruised, violations };
}
