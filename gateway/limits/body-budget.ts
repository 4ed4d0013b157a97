import { totalmem } from 'node:os';

/** Of the memory this process may use, what request bodies may take together. */
const BODY_SHARE = 1 / 4;

/** How many bytes all request bodies of this process may have: a quarter of its memory limit, or of the machine's memory. */
export function bodyBudget(limit = process.constrainedMemory(), total = totalmem()): number {
  // Where no limit is set the system answers 0 or a number beyond every machine.
  const memory = limit > 0 ? Math.min(limit, total) : total;
  return Math.floor(memory * BODY_SHARE);
}
