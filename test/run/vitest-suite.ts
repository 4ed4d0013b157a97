import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { CheckResult } from './check-result.ts';
import type { RunCommand } from './command.ts';
import { countTests } from './vitest-report.ts';

export interface SuiteRun {
  readonly name: string;
  /** Where vitest leaves its report; emptied by the caller. */
  readonly temporaryFolder: string;
  readonly run: RunCommand;
}

/** Runs one suite with vitest; a run that leaves no readable report counts as one failure. */
export async function runVitestSuite({ name, temporaryFolder, run }: SuiteRun): Promise<CheckResult> {
  const report = join(temporaryFolder, `${name}.json`);
  const { exitCode, output } = await run(process.execPath, [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--config=test/tooling/vitest.config.ts',
    `--project=${name}`,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ]);
  try {
    const counts = countTests(await readFile(report, 'utf8'), exitCode);
    return { name, ...counts, output };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { name, passed: 0, failed: 1, skipped: [], output: `${output}\nno readable report: ${why}` };
  }
}
