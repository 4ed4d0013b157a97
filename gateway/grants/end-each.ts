import { StoreUnavailableError } from '../../shared/store/index.ts';

/**
 * Ends grants one by one. One that cannot be ended (its record was altered, its key left the ring) does not keep those
 * behind it alive.
 * @throws StoreUnavailableError at once; Error with the first fault as its cause, after all others have ended.
 */
export async function endEach(
  grantIds: readonly string[],
  end: (grantId: string) => Promise<void>,
): Promise<void> {
  const faults: unknown[] = [];
  for (const grantId of grantIds) {
    try {
      await end(grantId);
    } catch (error) {
      if (error instanceof StoreUnavailableError) throw error;
      faults.push(error);
    }
  }
  if (faults.length === 0) return;
  throw new Error(`${String(faults.length)} grants could not be ended`, { cause: faults[0] });
}
