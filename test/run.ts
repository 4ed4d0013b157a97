// Every check of the repository, in the order in which a developer wants to hear about a fault.
// `--quick` leaves out the suites that start processes or need a system part.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exitCodeOf, sumUp } from './run/check-result.ts';
import type { CheckResult } from './run/check-result.ts';
import { runCommand } from './run/command.ts';
import { runConformanceCheck } from './run/conformance-check.ts';
import { runSiegeCheck } from './run/siege-check.ts';
import { runStaticCheck, STATIC_CHECKS } from './run/static-checks.ts';
import { listSuites } from './run/suites.ts';
import { ensureSystemParts, SYSTEM_PARTS } from './run/system-parts.ts';
import { runVitestSuite } from './run/vitest-suite.ts';

const root = fileURLToPath(new URL('..', import.meta.url));
process.chdir(root);

const quick = process.argv.includes('--quick');
const skippedFails = process.env['CI'] === 'true';
const temporaryFolder = await mkdtemp(join(tmpdir(), 'octocode-test-run-'));
const results: CheckResult[] = [];

try {
  if (!quick) await record(checkSystemParts());
  for (const script of STATIC_CHECKS) await record(runStaticCheck(script, runCommand));
  for (const suite of listSuites(root)) {
    if (quick && !suite.quick) continue;
    await record(runVitestSuite({ name: suite.name, temporaryFolder, run: runCommand }));
  }
  if (!quick) await record(runConformanceCheck(runCommand));
  if (!quick) await record(runSiegeCheck(runCommand));
} finally {
  await rm(temporaryFolder, { recursive: true, force: true });
}

const totals = sumUp(results, { skippedFails });
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = exitCodeOf(totals);

async function checkSystemParts(): Promise<CheckResult> {
  const isRoot = process.getuid?.() === 0;
  const { ok, output } = await ensureSystemParts(SYSTEM_PARTS, { run: runCommand, isRoot });
  return { name: 'system parts', passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: [], output };
}

async function record(running: Promise<CheckResult>): Promise<void> {
  const startedAt = performance.now();
  const result = await running;
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  if (result.failed > 0) console.log(result.output);
  for (const name of result.skipped) console.log(`skipped: ${name}`);
  const skipped = result.skipped.length > 0 ? `, ${result.skipped.length} skipped` : '';
  console.log(`${result.name}: ${result.passed} passed, ${result.failed} failed${skipped} (${seconds} s)`);
  results.push(result);
}
