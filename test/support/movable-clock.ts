import { afterAll, beforeAll, vi } from 'vitest';

/** The clock of everything in this process, while timers stay real. It only moves forward. */
export interface MovableClock {
  advance(milliseconds: number): void;
}

export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Call it before the hook that starts the stack; it holds for the whole file or `describe`. */
export function useMovableClock(): MovableClock {
  beforeAll(() => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
  });
  afterAll(() => {
    vi.useRealTimers();
  });
  return { advance: (milliseconds) => vi.setSystemTime(Date.now() + milliseconds) };
}
