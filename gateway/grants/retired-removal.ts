import type { Clock } from '../../shared/clock.ts';
import type { GitHubOAuthClient } from '../../shared/github/index.ts';
import { isLive } from './grant.ts';
import type { Grants } from './grants.ts';

/** Removes what is retired, and with a person's last word the authorization, unless the person has signed in again. */
export function createRetiredRemoval({
  grants,
  oauth,
  clock,
}: {
  readonly grants: Pick<Grants, 'listOf'>;
  readonly oauth: Pick<GitHubOAuthClient, 'deleteGrant' | 'deleteToken'>;
  readonly clock: Clock;
}) {
  return async (accessToken: string, authorizationOf: string | null) => {
    // Deleting the authorization would end the tokens of the newer sign-in too.
    const isWanted =
      authorizationOf !== null &&
      !(await grants.listOf(authorizationOf)).some(({ grant }) => isLive(grant, clock.now()));
    return isWanted ? await oauth.deleteGrant(accessToken) : await oauth.deleteToken(accessToken);
  };
}
