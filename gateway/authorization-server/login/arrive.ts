import { epochSeconds } from '../../../shared/clock.ts';
import { coversGitHubScope } from '../../../shared/github/index.ts';
import { interactionPath } from '../../http/index.ts';
import type { Arrival } from './arrivals.ts';
import { completeLogin } from './finish.ts';
import type { UpstreamIdentity } from './identity-provider.ts';
import { LoginFailure } from '../../standing/index.ts';
import type { Interaction } from './interaction.ts';
import type { LoginDeps, NextHop } from './login.ts';
import type { LoginTransaction } from './login-transaction.ts';
import { stepAfterGitHub } from './next-step.ts';

/**
 * The browser came back from GitHub with a code; transaction and browser binding are already checked.
 * @throws LoginFailure when GitHub refuses, fails or grants nothing, or the operator's rules refuse the person.
 */
export async function arrive(
  deps: LoginDeps,
  interaction: Interaction,
  { transaction, code }: { transaction: LoginTransaction; code: string },
): Promise<NextHop> {
  const identity = await deps.identityProvider.redeem({ code, codeVerifier: transaction.codeVerifier });
  const arrival = await admit(deps, identity, transaction);
  const step = stepAfterGitHub({ shownSub: transaction.shownSub ?? undefined, arrivedSub: arrival.sub });
  if (step === 'finish') {
    return await completeLogin(deps, interaction, { arrival, loginTs: epochSeconds(deps.clock) });
  }
  try {
    await deps.arrivals.save(interaction.uid, arrival);
  } catch (error) {
    await deps.vault.release(arrival.handle, arrival.grantId);
    throw error;
  }
  return { location: interactionPath(interaction.uid) };
}

async function admit(
  deps: LoginDeps,
  identity: UpstreamIdentity,
  transaction: LoginTransaction,
): Promise<Arrival> {
  let admitted: Admitted;
  try {
    await requireMembership(deps, identity);
    admitted = await judgeIdentity(deps, identity, transaction);
  } catch (error) {
    // Nothing holds the token that GitHub just issued: it must not stay alive unnoticed.
    await deps.identityProvider.discard(identity.token);
    throw error;
  }
  return await keepIdentity(deps, identity, admitted);
}

/** Before anything is kept: what is refused leaves no account, no credential and no grant. */
async function requireMembership(deps: LoginDeps, { user, token }: UpstreamIdentity): Promise<void> {
  const sub = deps.accounts.subjectOf(user.id);
  await deps.membership.admit({ sub, accessToken: token.accessToken });
}

type Admitted = Pick<Arrival, 'sub' | 'scope' | 'shownSub'>;

async function judgeIdentity(
  deps: LoginDeps,
  identity: UpstreamIdentity,
  { scopes, shownSub }: LoginTransaction,
): Promise<Admitted> {
  const scope = scopes.filter((consented) => coversGitHubScope(identity.scopes, consented));
  // A GitHub App has permissions instead of scopes: there are none to consent to.
  if (scope.length === 0 && scopes.length > 0) throw new LoginFailure('access_denied', 'no_scope_granted');
  return { sub: await deps.accounts.signedIn(identity.user), scope, shownSub };
}

async function keepIdentity(
  deps: LoginDeps,
  { user, scopes, token }: UpstreamIdentity,
  admitted: Admitted,
): Promise<Arrival> {
  const grantId = deps.grants.newGrantId();
  const credential = { githubHost: deps.githubHost, sub: admitted.sub, app: deps.app, scopes };
  try {
    const { handle } = await deps.vault.acquire(credential, token, deps.grants.firstHold(grantId));
    return { ...admitted, login: user.login, grantId, handle };
  } catch (error) {
    // It may be kept all the same, for other grants of the person too: only one that nothing holds is deleted. While the
    // store does not say which, it stays: GitHub ends it after a year without use.
    const isHeld = await deps.vault.withdraw(credential, grantId).catch(() => undefined);
    if (isHeld === false) await deps.identityProvider.discard(token);
    throw error;
  }
}
