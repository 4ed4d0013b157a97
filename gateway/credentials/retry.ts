import { StoreUnavailableError } from '../../shared/store/index.ts';

/** Attempts of a compare-and-set before the store counts as unavailable; contention is one user's sign-ins. */
const MAX_ATTEMPTS = 20;

/** Repeats a compare-and-set until it answers. @throws StoreUnavailableError when it keeps losing. */
export async function retryUntilDefined<T>(attempt: () => Promise<T | undefined>): Promise<T> {
  for (let count = 0; count < MAX_ATTEMPTS; count += 1) {
    const result = await attempt();
    if (result !== undefined) return result;
  }
  throw new StoreUnavailableError('a compare-and-set kept losing to other writers');
}
