/** How old a positive answer may be while GitHub cannot be asked for a new one (ms). */
export const LONGEST_STALE_MS = 60 * 60_000;
/** How far the clocks of two gateways may differ (ms). */
const CLOCK_DIFFERENCE_MS = 60_000;

/** Milliseconds, all of our clock. */
interface Age {
  readonly checkedAt: number;
  readonly now: number;
  readonly maxAgeMs: number;
}

/** `fresh` needs no asking; `stale` counts only when GitHub cannot be asked; `too_old` counts for nothing. */
export function judgeAge({ checkedAt, now, maxAgeMs }: Age): 'fresh' | 'stale' | 'too_old' {
  const age = now - checkedAt;
  if (age < -CLOCK_DIFFERENCE_MS || age > LONGEST_STALE_MS) return 'too_old';
  return age <= maxAgeMs ? 'fresh' : 'stale';
}
