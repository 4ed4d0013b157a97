import { registerClient, signIn } from '../../support/oauth-client.ts';
import { measure } from '../support/load.ts';
import type { Ours } from './contenders.ts';
import { newPerson } from './contenders.ts';

const AT_ONCE = 8;

/**
 * Whole sign-ins a second: consent page, GitHub, code, tokens, over real HTTP. The simulated GitHub runs in the process
 * that makes the load, so this is a lower bound.
 */
export async function loginsPerSecond(ours: Ours, runMs: number): Promise<number> {
  const client = await registerClient(ours.publicUrl, { client_name: 'Login bench' });
  const { perSecond } = await measure(
    async () => {
      // Others may change who signs in before this one does: people are spread, which is all that is wanted.
      await signIn(ours, { client, login: newPerson(ours.github) });
    },
    { atOnce: AT_ONCE, warmUpMs: 1_000, runMs },
  );
  return perSecond;
}
