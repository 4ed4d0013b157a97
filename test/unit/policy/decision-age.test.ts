import { describe, expect, it } from 'vitest';
import { judgeAge } from '../../../gateway/standing/rules/decision-age.ts';

const MINUTE = 60_000;

describe('an answer of GitHub that a person may be here (MEMBERSHIP_MAX_AGE)', () => {
  it.each([
    [0, 'fresh'],
    [15 * MINUTE, 'fresh'],
    [15 * MINUTE + 1, 'stale'],
    [60 * MINUTE, 'stale'],
    [60 * MINUTE + 1, 'too_old'],
    [-MINUTE, 'fresh'],
    [-MINUTE - 1, 'too_old'],
  ])('of %i ms ago is %s', (age, verdict) => {
    const now = 1_800_000_000_000;
    expect(judgeAge({ checkedAt: now - age, now, maxAgeMs: 15 * MINUTE })).toBe(verdict);
  });
});
