import { epochSeconds } from '../../../shared/clock.ts';
import type { ConsentAnswer, ConsentSubject } from './consent.ts';
import { completeLogin, declineLogin } from './finish.ts';
import type { Interaction } from './interaction.ts';
import type { LoginDeps, NextHop } from './login.ts';
import { stepAfterConsent } from './next-step.ts';

interface Decision {
  readonly subject: ConsentSubject;
  readonly answer: ConsentAnswer;
}

/** The person answered the consent form. */
export async function decide(
  deps: LoginDeps,
  interaction: Interaction,
  decision: Decision,
): Promise<NextHop> {
  const { subject, answer } = decision;
  const arrival = await deps.arrivals.take(interaction.uid);
  if (answer.decision === 'allow' && arrival !== undefined) {
    return await completeLogin(deps, interaction, { arrival, loginTs: epochSeconds(deps.clock) });
  }
  if (arrival !== undefined) await deps.vault.release(arrival.handle, arrival.grantId);
  if (answer.decision === 'deny') return await declineLogin(deps, interaction, subject.clientId);
  const reused = answer.decision === 'allow' ? await reuseGitHubLeg(deps, interaction, decision) : undefined;
  return reused ?? (await goToGitHub(deps, interaction, decision));
}

/** A recent sign-in at GitHub stands in for a new one if a live credential has exactly the consented scopes. */
async function reuseGitHubLeg(deps: LoginDeps, interaction: Interaction, { subject, answer }: Decision) {
  const session = await interaction.session();
  if (subject.account === undefined || session?.sub !== subject.account.sub) return undefined;
  const { sub, loginTs } = session;
  const { prompts } = interaction;
  const step = stepAfterConsent({
    session: { sub, githubLegAt: loginTs * 1000 },
    wantsFreshLogin: prompts.includes('login') || prompts.includes('select_account'),
    now: deps.clock.now(),
  });
  // GitHub is asked about the person again: no answer of its is recent enough.
  if (step !== 'reuse' || !(await deps.membership.isFresh(sub))) return undefined;
  const grantId = deps.grants.newGrantId();
  const identity = { githubHost: deps.githubHost, sub, app: deps.app, scopes: answer.scopes };
  const shared = await deps.vault.share(identity, deps.grants.firstHold(grantId));
  if (shared === undefined) return undefined;
  const { login } = subject.account;
  const arrival = { sub, login, grantId, handle: shared.handle, scope: answer.scopes, shownSub: sub };
  return await completeLogin(deps, interaction, { arrival, loginTs });
}

async function goToGitHub(
  deps: LoginDeps,
  interaction: Interaction,
  { subject, answer }: Decision,
): Promise<NextHop> {
  const isOther = answer.decision === 'other-account';
  const shown = isOther ? undefined : subject.account;
  const { uid, clientId } = subject;
  const { scopes } = answer;
  const transaction = await deps.transactions.start({ uid, clientId, scopes, shownSub: shown?.sub ?? null });
  deps.events.emit({ type: 'login.started', clientId });
  const location = deps.identityProvider.authorizationUrl({
    state: transaction.state,
    scopes,
    codeChallenge: transaction.codeChallenge,
    selectAccount: isOther || interaction.prompts.includes('select_account'),
    login: shown?.login,
  });
  return { location, transaction };
}
