import type { CheckResult } from './check-result.ts';
import type { RunCommand } from './command.ts';

/** The checks that run no test, as the npm scripts that a developer runs by hand. */
export const STATIC_CHECKS = ['format:check', 'lint', 'typecheck', 'unused'] as const;

/** Runs one npm script; it counts as one check, passed when the script exits 0. */
export async function runStaticCheck(script: string, run: RunCommand): Promise<CheckResult> {
  const { exitCode, output } = await run('npm', ['run', '--silent', script]);
  const ok = exitCode === 0;
  return { name: script, passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: [], output };
}
