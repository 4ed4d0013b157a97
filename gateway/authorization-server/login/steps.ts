import { epochSeconds } from '../../../shared/clock.ts';
import { coversGitHubScope } from '../../../shared/github/index.ts';
import { interactionPath } from '../../http/index.ts';
import { LoginFailure } from '../../standing/index.ts';
import type { ConsentAnswer, ConsentSubject } from './consent.ts';
import { completeLogin, declineLogin, failLogin } from './finish.ts';
import type { Proof } from './identity-providers/identity-provider.ts';
import type { Interaction } from './interaction.ts';
import type { LoginDeps, NextHop } from './login.ts';
import type { Arrival, LoginWay } from './login-record.ts';
import type { Happened, Step } from './next-step.ts';
import { nextStep } from './next-step.ts';

type Of<Kind extends Step['do']> = Extract<Step, { do: Kind }>;

/** Goes on with a login until the browser has an answer. Steps do not know one another: `nextStep` chooses. */
export async function goOn(deps: LoginDeps, interaction: Interaction, happened: Happened): Promise<NextHop> {
  const step = nextStep(happened);
  switch (step.do) {
    case 'decline':
      return await declineLogin(deps, interaction);
    case 'fail':
      return await failLogin(deps, interaction, step.failure);
    case 'finish':
      return await completeLogin(deps, interaction, step);
    case 'ask_again':
      return await askAgain(deps, interaction, step);
    case 'send':
      return await send(deps, interaction, step);
    case 'reuse':
      return await goOn(deps, interaction, await reuse(deps, interaction, step));
    case 'redeem':
      return await goOn(deps, interaction, await redeem(deps, interaction, step));
  }
}

/** What the answer of a consent form means. The credential of somebody who arrived and is not wanted is let go of. */
export async function answered(
  deps: LoginDeps,
  interaction: Interaction,
  { subject, answer }: { readonly subject: ConsentSubject; readonly answer: ConsentAnswer },
): Promise<Happened> {
  const at = epochSeconds(deps.clock);
  const { decision, scopes } = answer;
  const { seen } = subject;
  const arrival = await deps.records.takeArrival(seen);
  if (decision === 'allow' && arrival !== undefined) return { what: 'arrival_confirmed', arrival, at };
  if (arrival !== undefined) await deps.credentials.release(arrival.handle, arrival.grantId);
  if (decision === 'deny') return { what: 'denied' };
  if (decision === 'other-account')
    return { what: 'other_account_chosen', consented: { scopes, account: undefined, seen } };
  const session = subject.account === undefined ? undefined : await interaction.session();
  const wantsFreshLogin = asksFor(interaction, 'login') || asksFor(interaction, 'select_account');
  return {
    what: 'allowed',
    consented: { scopes, account: subject.account, seen },
    session,
    wantsFreshLogin,
    at,
  };
}

function asksFor({ prompts }: Interaction, prompt: string): boolean {
  return prompts.includes(prompt);
}

async function send(
  deps: LoginDeps,
  interaction: Interaction,
  { consented, isOtherAccount }: Of<'send'>,
): Promise<NextHop> {
  const { uid, clientId } = interaction;
  const { scopes, account, seen } = consented;
  const setOut = await deps.records.setOut({ uid, scopes, shownSub: account?.sub ?? null }, seen);
  if (setOut === undefined) return { location: interactionPath(uid) };
  deps.events.emit({ type: 'login.started', clientId });
  const { state, codeChallenge, cookie } = setOut;
  const selectAccount = isOtherAccount || asksFor(interaction, 'select_account');
  const request = { state, scopes, codeChallenge, selectAccount, login: account?.login };
  return { location: deps.identityProvider.wayOut(request), cookie };
}

/** GitHub is asked about the person all the same when no answer of its is recent enough. */
async function reuse(
  deps: LoginDeps,
  { resource }: Interaction,
  { consented, session }: Of<'reuse'>,
): Promise<Happened> {
  const nothing = { what: 'nothing_to_reuse', consented } as const;
  const { scopes, account } = consented;
  const { sub, login } = account;
  if (!(await deps.membership.isFresh(sub))) return nothing;
  const grantId = deps.grants.newGrantId();
  const shared = await deps.credentials.share(sub, scopes, deps.grants.firstHold(grantId));
  if (shared === undefined) return nothing;
  const { handle } = shared;
  const arrival = { resource, sub, login, grantId, handle, scope: scopes, shownSub: sub };
  return { what: 'admitted', arrival, at: session.loginTs };
}

/** The way is already taken and the browser the right one. */
async function redeem(
  deps: LoginDeps,
  { resource }: Interaction,
  { way, callback }: Of<'redeem'>,
): Promise<Happened> {
  try {
    const proof = await deps.identityProvider.redeem(callback);
    const arrival = { ...(await admit(deps, proof, way)), resource };
    return { what: 'admitted', arrival, at: epochSeconds(deps.clock) };
  } catch (error) {
    if (error instanceof LoginFailure) return { what: 'failed', failure: error };
    throw error;
  }
}

/** Before anything is kept: what is refused leaves no account, no credential and no grant. */
async function admit(
  deps: LoginDeps,
  { account, credential }: Proof,
  way: LoginWay,
): Promise<Omit<Arrival, 'resource'>> {
  let scope: readonly string[];
  let sub: string;
  try {
    const { accessToken } = credential.token;
    await deps.membership.admit({ sub: deps.accounts.subjectOf(account.id), accessToken });
    scope = way.scopes.filter((consented) => coversGitHubScope(credential.scopes, consented));
    // A GitHub App has permissions instead of scopes: there are none to consent to.
    if (scope.length === 0 && way.scopes.length > 0)
      throw new LoginFailure('access_denied', 'no_scope_granted');
    sub = await deps.accounts.signedIn(account);
  } catch (error) {
    // Nothing holds the token that was just issued: it must not stay alive unnoticed.
    await deps.credentials.discard(credential.token);
    throw error;
  }
  const grantId = deps.grants.newGrantId();
  const { handle } = await deps.credentials.keep(sub, credential, deps.grants.firstHold(grantId));
  return { sub, login: account.login, grantId, handle, scope, shownSub: way.shownSub };
}

async function askAgain(
  deps: LoginDeps,
  { uid }: Interaction,
  { arrival }: Of<'ask_again'>,
): Promise<NextHop> {
  try {
    await deps.records.arrive(uid, arrival);
  } catch (error) {
    await deps.credentials.release(arrival.handle, arrival.grantId);
    throw error;
  }
  return { location: interactionPath(uid) };
}
