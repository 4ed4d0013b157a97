import type { CheckResult } from './check-result.ts';
import type { RunCommand } from './command.ts';

/**
 * Runs the official conformance suite, `npm run conformance`; its last line says how many scenarios passed and how
 * many failed. A run without that line, or one that ended badly although nothing failed, counts as one failure.
 */
export async function runConformanceCheck(run: RunCommand): Promise<CheckResult> {
  const { exitCode, output } = await run('npm', ['run', '--silent', 'conformance']);
  const counts = /(?:^|\n)(\d+) passed, (\d+) failed\s*$/.exec(output);
  const passed = Number(counts?.[1] ?? 0);
  const failed = Number(counts?.[2] ?? 0);
  const endedWell = exitCode === 0 && counts !== null;
  return {
    name: 'official conformance suite',
    passed,
    failed: endedWell ? failed : Math.max(failed, 1),
    skipped: [],
    output,
  };
}
