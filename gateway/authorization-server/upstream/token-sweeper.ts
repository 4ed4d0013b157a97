import type { Clock } from '../../../shared/clock.ts';
import type { GitHubOAuthClient } from '../../../shared/github/index.ts';
import type { Store } from '../../../shared/store/index.ts';
import { acquireLease, keys, StoreUnavailableError } from '../../../shared/store/index.ts';
import type { Retirements } from '../../../shared/vault/index.ts';

const INTERVAL_MS = 15_000;
const LEASE_MS = 60_000;

export interface TokenSweeperDeps {
  readonly store: Store;
  readonly retirements: Retirements;
  readonly oauth: Pick<GitHubOAuthClient, 'deleteToken'>;
  readonly clock: Clock;
  readonly onFault: (error: unknown, req: undefined) => void;
}

/** Deletes retired tokens at GitHub, one gateway at a time; the others find the lease taken and do nothing. */
export function startTokenSweeper(deps: TokenSweeperDeps) {
  let running: Promise<void> = Promise.resolve();
  const timer = setInterval(() => {
    running = sweepOnce(deps).catch((error: unknown) => {
      // A store that is away is everybody's news already; what is due stays due.
      if (!(error instanceof StoreUnavailableError)) deps.onFault(error, undefined);
    });
  }, INTERVAL_MS).unref();
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}

/** One pass; does nothing when another gateway is at it. */
async function sweepOnce({ store, retirements, oauth, clock }: TokenSweeperDeps): Promise<void> {
  const lease = await acquireLease({ store, clock }, keys.retirementLease(), LEASE_MS);
  if (lease === undefined) return;
  try {
    await retirements.sweep(async (accessToken) => await oauth.deleteToken(accessToken));
  } finally {
    await lease.release();
  }
}
