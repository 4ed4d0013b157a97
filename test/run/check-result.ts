/** The outcome of one step of the run: a static check, or one suite of tests. */
export interface CheckResult {
  readonly name: string;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
  /** Everything the step printed; shown when it failed. */
  readonly output: string;
}

export interface Totals {
  readonly passed: number;
  readonly failed: number;
}

/**
 * Adds up the steps. Under continuous integration a skipped test counts as failed, because there
 * nothing that a test needs may be missing.
 */
export function sumUp(results: readonly CheckResult[], options: { skippedFails: boolean }): Totals {
  let passed = 0;
  let failed = 0;
  for (const result of results) {
    passed += result.passed;
    failed += result.failed + (options.skippedFails ? result.skipped.length : 0);
  }
  return { passed, failed };
}

/** A run in which nothing was checked proves nothing, and is a failure. */
export function exitCodeOf(totals: Totals): 0 | 1 {
  return totals.failed === 0 && totals.passed > 0 ? 0 : 1;
}
