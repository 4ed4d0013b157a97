import { z } from 'zod';

const reportSchema = z.object({
  success: z.boolean(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      assertionResults: z.array(z.object({ fullName: z.string(), status: z.string() })),
    }),
  ),
});

export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
}

/**
 * Counts the tests of a report by vitest's `json` reporter. A file that failed before its first test counts
 * as one failure, and so does a run that ended badly although every test in it passed (an error
 * nobody awaited).
 *
 * @throws when the text is no such report
 */
export function countTests(reportText: string, exitCode: number | null): TestCounts {
  const report = reportSchema.parse(JSON.parse(reportText));
  let passed = 0;
  let failed = 0;
  const skipped: string[] = [];
  for (const file of report.testResults) {
    const failedBefore = failed;
    for (const test of file.assertionResults) {
      if (test.status === 'passed') passed += 1;
      else if (test.status === 'failed') failed += 1;
      else skipped.push(test.fullName);
    }
    if (file.status !== 'passed' && failed === failedBefore) failed += 1;
  }
  const endedWell = report.success && exitCode === 0;
  if (!endedWell && failed === 0) failed = 1;
  return { passed, failed, skipped };
}
