import type { CheckResult } from './check-result.ts';
import type { RunCommand } from './command.ts';

/** Half a minute of hostile traffic on both stores; `npm run siege` alone takes five. */
const SECONDS = '30';

/** Runs `npm run siege`; its last line is the report, its exit code says whether the bars held. */
export async function runSiegeCheck(run: RunCommand): Promise<CheckResult> {
  const { exitCode, output } = await run('npm', ['run', '--silent', 'siege', '--', '--seconds', SECONDS]);
  const isHeld = exitCode === 0 && /\{"siege":\{.*\}\}\s*$/.test(output);
  return { name: 'siege', passed: isHeld ? 1 : 0, failed: isHeld ? 0 : 1, skipped: [], output };
}
