import { readFileSync } from 'node:fs';

/** Connections that a process takes without being told; each costs some 12 KiB while idle. */
const DEFAULT_MAX = 10_000;
/** Of the descriptors of a process, what files, the store, workers, GitHub and probes may need. */
const RESERVE = 1_024;

/**
 * How many connections the public listener may have: what the operator says, within the descriptors of this process less
 * a reserve of 1,024, or half of them where there are few. At the descriptor limit nothing works any more: key files, the
 * store and probes included.
 */
export function connectionLimit(wanted: number | undefined, descriptors = descriptorLimit()): number {
  const available = descriptors - Math.min(RESERVE, Math.ceil(descriptors / 2));
  return Math.min(wanted ?? DEFAULT_MAX, available);
}

/** The soft limit of open files (Linux); Infinity where it cannot be read. Node raises it to the hard one itself. */
function descriptorLimit(): number {
  try {
    const [, soft] = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8')) ?? [];
    return soft === undefined ? Infinity : Number(soft);
  } catch {
    return Infinity;
  }
}
