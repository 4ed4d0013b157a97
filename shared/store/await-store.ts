import { setTimeout as delay } from 'node:timers/promises';
import type { Store } from './contract/contract.ts';
import { StoreUnavailableError } from './contract/contract.ts';

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 2_000;

/**
 * Resolves when the store answers: a process that starts before its Redis waits instead of crashing in a loop.
 * @throws whatever else than absence the store says, such as unsafe settings.
 */
export async function awaitStore(store: Store): Promise<void> {
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    try {
      await store.ping();
      return;
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      await delay(pause);
    }
  }
}
