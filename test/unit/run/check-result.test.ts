import { describe, expect, it } from 'vitest';
import { exitCodeOf, sumUp } from '../../run/check-result.ts';

const result = (passed: number, failed: number, skipped: readonly string[] = []) => ({
  name: 'suite',
  passed,
  failed,
  skipped,
  output: '',
});

describe('sumUp', () => {
  it('adds up the steps', () => {
    expect(sumUp([result(1, 0), result(10, 2)], { skippedFails: false })).toEqual({ passed: 11, failed: 2 });
  });

  it('counts a skipped test as failed when nothing may be missing', () => {
    const results = [result(3, 0, ['needs a browser'])];
    expect(sumUp(results, { skippedFails: true })).toEqual({ passed: 3, failed: 1 });
    expect(sumUp(results, { skippedFails: false })).toEqual({ passed: 3, failed: 0 });
  });
});

describe('exitCodeOf', () => {
  it.each([
    { passed: 1, failed: 0, code: 0 },
    { passed: 1, failed: 1, code: 1 },
    { passed: 0, failed: 0, code: 1 },
  ])('is $code for $passed passed and $failed failed', ({ passed, failed, code }) => {
    expect(exitCodeOf({ passed, failed })).toBe(code);
  });
});
