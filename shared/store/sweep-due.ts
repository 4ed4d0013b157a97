import type { Store } from './contract/contract.ts';
import { StoreUnavailableError } from './contract/contract.ts';
import type { Key } from './contract/keys.ts';

/** When a member that could not be worked on comes up again: an operator's fault is mended in hours, not seconds (ms). */
const FAULTY_MS = 60 * 60_000;

/**
 * Works on the members of a set that are due, the earliest first. One that cannot be worked on (its record was altered,
 * its key left the ring) is put off, so that it does not keep those behind it waiting for good.
 * @throws StoreUnavailableError at once; Error with the first fault as its cause, after all others were worked on.
 */
export async function sweepDue(
  of: { readonly store: Store; readonly due: Key; readonly now: number; readonly most: number },
  work: (member: string) => Promise<void>,
): Promise<void> {
  const { store, due, now } = of;
  const faults: unknown[] = [];
  for (const member of await store.membersUntil(due, now, of.most)) {
    try {
      await work(member);
    } catch (error) {
      if (error instanceof StoreUnavailableError) throw error;
      faults.push(error);
      await store.addMember(due, member, now + FAULTY_MS);
    }
  }
  if (faults.length === 0) return;
  throw new Error(`${String(faults.length)} of what was due in ${due.kind} is put off`, { cause: faults[0] });
}
