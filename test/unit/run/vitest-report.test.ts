import { describe, expect, it } from 'vitest';
import { countTests } from '../../run/vitest-report.ts';

const report = (tests: readonly string[], file = 'passed', success = true) =>
  JSON.stringify({
    success,
    testResults: [
      {
        name: 'one.test.ts',
        status: file,
        assertionResults: tests.map((status, index) => ({ fullName: `test ${index}`, status })),
      },
    ],
  });

describe('countTests', () => {
  it('counts each test by its outcome', () => {
    const text = report(['passed', 'passed', 'failed', 'skipped', 'todo'], 'failed', false);
    expect(countTests(text, 1)).toEqual({ passed: 2, failed: 1, skipped: ['test 3', 'test 4'] });
  });

  it('counts a file that failed before its first test as one failure', () => {
    expect(countTests(report([], 'failed', false), 1).failed).toBe(1);
  });

  it('counts a file whose setup failed and skipped its tests as one failure', () => {
    expect(countTests(report(['skipped', 'skipped'], 'failed', false), 1).failed).toBe(1);
  });

  it('counts a run that exited badly with every test passed as one failure', () => {
    expect(countTests(report(['passed']), 1)).toEqual({ passed: 1, failed: 1, skipped: [] });
  });

  it('counts a run that was killed as one failure', () => {
    expect(countTests(report(['passed']), null).failed).toBe(1);
  });

  it.each(['', '{}', 'not json', '{"success":true,"testResults":[{}]}'])('throws on %j', (text) => {
    expect(() => countTests(text, 0)).toThrow();
  });
});
