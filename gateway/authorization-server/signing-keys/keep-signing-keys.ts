import type { RevocationFeed } from '../../../shared/revocation/index.ts';
import { StoreUnavailableError } from '../../../shared/store/index.ts';
import type { SigningKeys } from './signing-keys.ts';

/** How often a gateway reads the keys that others may have changed; far below the time a key is published ahead (ms). */
const RELOAD_MS = 15_000;

/** Keeps the keys of a running gateway up to date: by the clock, and at once when one was ended in an emergency. */
export function keepSigningKeys(deps: {
  signingKeys: SigningKeys;
  revocations: Pick<RevocationFeed, 'onRevoked'>;
  onFault: (error: unknown, req: undefined) => void;
}): { readonly stop: () => void } {
  const { signingKeys } = deps;
  const run = (work: () => Promise<void>) => {
    work().catch((error: unknown) => {
      // A store that is away is everybody's news already; the keys that are loaded go on.
      if (!(error instanceof StoreUnavailableError)) deps.onFault(error, undefined);
    });
  };
  const timer = setInterval(() => {
    run(signingKeys.keep);
  }, RELOAD_MS).unref();
  const unsubscribe = deps.revocations.onRevoked((kinds) => {
    if (kinds.has('signing-key')) run(signingKeys.reload);
  });
  return {
    stop: () => {
      clearInterval(timer);
      unsubscribe();
    },
  };
}
