import type { SimulatorState } from './state.ts';

export const HOUR_MS = 3_600_000;

export interface Cap {
  /** What is counted, and for whom. */
  readonly key: string;
  readonly limit: number;
  readonly windowMs: number;
}

/** How many events fell within the window that ends now. */
export function countRecent({ caps }: SimulatorState, { key, windowMs }: Cap, now: number): number {
  return (caps.get(key) ?? []).filter((at) => now - at < windowMs).length;
}

/** Counts an event, unless the window is full. Says whether it was counted. */
export function spend(state: SimulatorState, cap: Cap, now: number): boolean {
  const recent = (state.caps.get(cap.key) ?? []).filter((at) => now - at < cap.windowMs);
  const hasRoom = recent.length < cap.limit;
  state.caps.set(cap.key, hasRoom ? [...recent, now] : recent);
  return hasRoom;
}

/** Seconds until the oldest event leaves the window; at least one. */
export function secondsUntilRoom({ caps }: SimulatorState, { key, windowMs }: Cap, now: number): number {
  const oldest = (caps.get(key) ?? []).find((at) => now - at < windowMs) ?? now;
  return Math.max(1, Math.ceil((oldest + windowMs - now) / 1000));
}
