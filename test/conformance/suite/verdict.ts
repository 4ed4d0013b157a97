/** One check as the conformance suite records it in a scenario's `checks.json`. */
export interface Check {
  readonly id: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'WARNING' | 'SKIPPED' | 'INFO';
  readonly errorMessage?: string | undefined;
}

/** What one scenario left behind. */
export interface ScenarioResult {
  readonly scenario: string;
  readonly checks: readonly Check[];
}

/** What a group of scenarios has to show. */
export interface Expectation {
  /** Every scenario that must have run. */
  readonly scenarios: readonly string[];
  /** How many that must be: the list is read from the suite, and a shorter one is not a better result. */
  readonly count: number;
  /** Known failures, as `scenario` or `scenario:check`; one that no longer fails is a fault here. */
  readonly baseline: readonly string[];
}

export interface Verdict {
  readonly passed: number;
  /** One line for each fault. */
  readonly faults: readonly string[];
  /** The entries of the baseline that failed, as they are known to. */
  readonly known: readonly string[];
}

/**
 * Compares what ran with what had to. A warning counts as a failure, a scenario without a single judged check as
 * one that did not run, and a baseline entry that passes or did not run as stale.
 */
export function judge(results: readonly ScenarioResult[], expectation: Expectation): Verdict {
  const faults: string[] = [];
  const known: string[] = [];
  let passed = 0;
  const { scenarios, count, baseline } = expectation;
  if (scenarios.length !== count)
    faults.push(`${scenarios.length} scenarios are required, expected are ${count}`);
  for (const scenario of scenarios) {
    const outcome = judgeScenario(scenario, results, baseline);
    faults.push(...outcome.faults);
    known.push(...outcome.known);
    if (outcome.faults.length === 0 && !known.includes(scenario)) passed += 1;
  }
  const stale = baseline.filter((entry) => !known.includes(entry));
  faults.push(...stale.map((entry) => `${entry}: is in the baseline and did not fail`));
  return { passed, faults, known };
}

function judgeScenario(scenario: string, results: readonly ScenarioResult[], baseline: readonly string[]) {
  const checks = results.filter((each) => each.scenario === scenario).flatMap((each) => each.checks);
  const bad = checks.filter(({ status }) => status === 'FAILURE' || status === 'WARNING');
  if (bad.length > 0 && baseline.includes(scenario)) return { faults: [], known: [scenario] };
  if (bad.length === 0 && !checks.some(({ status }) => status === 'SUCCESS'))
    return { faults: [`${scenario}: judged nothing`], known: [] };
  const entries = bad.map((check) => ({ check, entry: `${scenario}:${check.id}` }));
  return {
    faults: entries
      .filter(({ entry }) => !baseline.includes(entry))
      .map(({ check, entry }) => `${entry}: ${check.errorMessage ?? check.status}`),
    known: [...new Set(entries.map(({ entry }) => entry).filter((entry) => baseline.includes(entry)))],
  };
}

/** The server scenarios that a requirement file of the suite names (`requirements/<revision>.yaml`). */
export function requiredServerScenarios(yaml: string): string[] {
  const section = /^server:\n((?:\s*- .*\n?)+)/m.exec(yaml)?.[1] ?? '';
  return [...section.matchAll(/- (\S+)/g)].map(([, name]) => name ?? '');
}
