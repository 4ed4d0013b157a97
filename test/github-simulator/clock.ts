import type { Clock } from '../../shared/clock.ts';

/** The simulator's time: a base clock plus an offset that only grows, until a reset. */
export interface AdjustableClock extends Clock {
  advance(milliseconds: number): void;
  reset(): void;
}

export function createAdjustableClock(base: Clock): AdjustableClock {
  let offset = 0;
  return {
    now: () => base.now() + offset,
    advance: (milliseconds) => {
      offset += milliseconds;
    },
    reset: () => {
      offset = 0;
    },
  };
}
