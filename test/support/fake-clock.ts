import type { Clock } from '../../shared/clock.ts';

/** A clock that moves only when told to. */
export interface FakeClock extends Clock {
  advance(milliseconds: number): void;
}

export function fakeClock(start = Date.UTC(2026, 10, 23)): FakeClock {
  let now = start;
  return {
    now: () => now,
    advance: (milliseconds) => {
      now += milliseconds;
    },
  };
}
