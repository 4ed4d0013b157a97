import { performance } from 'node:perf_hooks';

/** What a bench measured of one contender. */
export interface Measured {
  readonly perSecond: number;
  readonly medianMs: number;
  readonly p99Ms: number;
}

/**
 * Runs `task` again and again, `atOnce` at a time, for a while after a warm-up that is not counted.
 * @throws what a task threw: a bench of failing requests measures nothing.
 */
export async function measure(
  task: (runner: number) => Promise<void>,
  options: { atOnce: number; warmUpMs: number; runMs: number },
): Promise<Measured> {
  const times: number[] = [];
  const startAt = performance.now() + options.warmUpMs;
  const endAt = startAt + options.runMs;
  const run = async (runner: number) => {
    for (let begun = performance.now(); begun < endAt; begun = performance.now()) {
      await task(runner);
      if (begun >= startAt) times.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, async (_, runner) => await run(runner)));
  const sorted = times.sort((left, right) => left - right);
  return {
    perSecond: (sorted.length / options.runMs) * 1000,
    medianMs: quantile(sorted, 0.5),
    p99Ms: quantile(sorted, 0.99),
  };
}

/** A quantile of sorted numbers. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Runs `task` for every number below `count`, at most `atOnce` at a time. */
export async function forEach(
  count: number,
  atOnce: number,
  task: (index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  const runner = async () => {
    for (let index = next++; index < count; index = next++) await task(index);
  };
  await Promise.all(Array.from({ length: atOnce }, runner));
}

export function median(values: readonly number[]): number {
  return quantile(
    [...values].sort((left, right) => left - right),
    0.5,
  );
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}
