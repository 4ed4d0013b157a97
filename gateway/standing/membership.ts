import type { Clock } from '../../shared/clock.ts';
import type { EventBus } from '../../shared/ops/index.ts';
import type { AccessDenial, AccessRequirement } from './rules/access.ts';
import { asksNothing } from './rules/access.ts';
import type { Expectation } from '../../shared/store/index.ts';
import type { CredentialReader } from '../../shared/vault/index.ts';
import { endEach, liveGrantsByCredential } from '../grants/index.ts';
import type { Grants } from '../grants/index.ts';
import { Refused, Unavailable } from '../grants/index.ts';
import type { CredentialFreshener } from './freshen-credential.ts';
import type { RefusalOutcome } from './refused-credentials.ts';
import { LoginFailure } from './login-failure.ts';
import type { EndSuspended } from './suspended-account.ts';
import type { AccessVerdict, AskGitHub } from './ask-github.ts';
import type { KnownStandings } from './known-standing.ts';

/** A grant that tokens are to be issued for, with the credential it stands on. */
interface Holder {
  readonly sub: string;
  readonly grantId: string;
  readonly handle: string;
}

/** Whether people may (still) be here: the account at GitHub, and what the operator asks of it. */
export interface Membership {
  /**
   * Judges a person who comes back from GitHub, by the token just issued.
   * @throws LoginFailure when the person is refused, or GitHub could not be asked.
   */
  admit(person: { readonly sub: string; readonly accessToken: string }): Promise<void>;
  /** Whether a positive answer is known that needs no asking. */
  isFresh(sub: string): Promise<boolean>;
  /**
   * Judges before tokens are issued; consumes nothing. A refusal ends the grant.
   * @throws Refused; Unavailable when GitHub has been away for too long.
   */
  require(holder: Holder): Promise<void>;
  /**
   * Asks anew, whatever is known, and ends what is refused. Without a restriction it does nothing.
   * @throws MembershipUndecidedError when GitHub could not be asked about all of it.
   */
  readonly recheck: (sub: string) => Promise<void>;
}

/** GitHub could not be asked: the question is open and must be put again. */
class MembershipUndecidedError extends Error {
  override readonly name = 'MembershipUndecidedError';
}

export interface MembershipDeps {
  readonly requirement: AccessRequirement;
  readonly askGitHub: AskGitHub;
  readonly known: KnownStandings;
  readonly reader: CredentialReader;
  readonly grants: Grants;
  readonly freshen: CredentialFreshener;
  readonly endSuspended: EndSuspended;
  /** Follows up a 401 of GitHub's; see refused-credentials.ts. */
  readonly settleRefusal: (grantId: string) => Promise<RefusalOutcome>;
  readonly clock: Clock;
  readonly events: EventBus;
}

export function createMembership(deps: MembershipDeps): Membership {
  const { known } = deps;
  const judge = createJudgement(deps);
  return {
    admit: async ({ sub, accessToken }) => {
      const { asOf } = await known.read(sub);
      const checkedAt = deps.clock.now();
      // Whose token it is GitHub has just said: without a restriction there is nothing more to ask.
      const verdict: AccessVerdict = asksNothing(deps.requirement)
        ? { outcome: 'allowed' }
        : await deps.askGitHub(accessToken);
      if (verdict.outcome === 'allowed') await known.remember(sub, { checkedAt, asOf });
      else await refuseSignIn(deps, sub, verdict);
    },
    isFresh: async (sub) => (await known.read(sub)).age === 'fresh',
    require: async (holder) => {
      const { age, asOf } = await known.read(holder.sub);
      if (age === 'fresh') return;
      const verdict = await judge(holder, asOf);
      if (verdict.outcome === 'allowed' || (verdict.outcome === 'undecided' && age === 'stale')) return;
      if (verdict.outcome === 'undecided') throw new Unavailable('github', 'GitHub could not be asked');
      await end(deps, holder, verdict);
      throw new Refused('account_refused', holder);
    },
    recheck: async (sub) => {
      if (asksNothing(deps.requirement)) return;
      await known.forget(sub);
      const { asOf } = await known.read(sub);
      const judgeAnew = async (holder: Holder) => await judge(holder, asOf);
      const credentials = await liveGrantsByCredential(deps, sub);
      await Promise.all(credentials.map(async (each) => await recheckCredential(deps, judgeAnew, each)));
    },
  };
}

type Judge = (holder: Holder) => Promise<AccessVerdict>;

/**
 * Asks about a credential, once for all who ask at the same time and know the same, and remembers a yes. Who forgot a
 * standing knows more than a question that is under way: GitHub may have answered it before things changed.
 */
function createJudgement(deps: MembershipDeps) {
  const running = new Map<string, Promise<AccessVerdict>>();
  const ask = async ({ grantId, handle }: Holder): Promise<AccessVerdict> => {
    const reading = await deps.reader.read({ handle, minVersion: 0, grantId });
    return reading.ok ? await deps.askGitHub(reading.accessToken) : { outcome: 'undecided' };
  };
  const judge = async (holder: Holder, asOf: Expectation): Promise<AccessVerdict> => {
    const checkedAt = deps.clock.now();
    let verdict = await ask(holder);
    if (verdict.outcome === 'token_refused') {
      // One 401 proves nothing: GitHub is asked about the token itself.
      const settled = await deps.settleRefusal(holder.grantId);
      if (settled === 'ended') return verdict;
      verdict = settled === 'renewed' ? await ask(holder) : { outcome: 'undecided' };
    }
    if (verdict.outcome === 'allowed') await deps.known.remember(holder.sub, { checkedAt, asOf });
    return verdict.outcome === 'token_refused' ? { outcome: 'undecided' } : verdict;
  };
  return async (holder: Holder, asOf: Expectation): Promise<AccessVerdict> => {
    const question = JSON.stringify([holder.handle, asOf]);
    const under = running.get(question) ?? judge(holder, asOf).finally(() => running.delete(question));
    running.set(question, under);
    return await under;
  };
}

type Refusal = Exclude<AccessVerdict, { readonly outcome: 'allowed' | 'undecided' }>;

async function end(deps: MembershipDeps, { sub, grantId }: Holder, verdict: Refusal): Promise<void> {
  if (verdict.outcome === 'denied') {
    tell(deps, sub, verdict.reason);
    // Other grants may stand on credentials that show more; each is asked about at its own refresh.
    await deps.known.forget(sub);
    await deps.grants.end(grantId, 'access_denied_by_policy');
  } else if (verdict.outcome === 'suspended') {
    await deps.endSuspended(sub);
  }
  // `token_refused`: the follow-up has ended the holders already.
}

/** Ends what stands on one credential if its owner may not stay. */
async function recheckCredential(
  deps: MembershipDeps,
  judge: Judge,
  { sub, handle, grantIds: [first, ...rest] }: Awaited<ReturnType<typeof liveGrantsByCredential>>[number],
): Promise<void> {
  const holder = { sub, handle, grantId: first };
  // A token that ran out while nobody called proves nothing: GitHub is asked with a new one.
  if (!(await isFreshened(deps, holder))) return;
  const verdict = await judge(holder);
  if (verdict.outcome === 'allowed') return;
  if (verdict.outcome === 'undecided') throw new MembershipUndecidedError('GitHub could not be asked');
  await end(deps, holder, verdict);
  if (verdict.outcome !== 'denied') return;
  await endEach(rest, async (grantId) => {
    await deps.grants.end(grantId, 'access_denied_by_policy');
  });
}

/** False when the grants have ended on the way. @throws MembershipUndecidedError */
async function isFreshened(deps: MembershipDeps, { handle, grantId }: Holder): Promise<boolean> {
  try {
    await deps.freshen(handle, grantId);
    return true;
  } catch (error) {
    if (error instanceof Refused) return false;
    if (error instanceof Unavailable)
      throw new MembershipUndecidedError('GitHub could not be asked for a new token', { cause: error });
    throw error;
  }
}

async function refuseSignIn(
  deps: MembershipDeps,
  sub: string,
  verdict: Exclude<AccessVerdict, { readonly outcome: 'allowed' }>,
): Promise<never> {
  if (verdict.outcome === 'denied') {
    tell(deps, sub, verdict.reason);
    // What is known of the person's other grants is out of date as well.
    await deps.known.forget(sub);
    throw new LoginFailure('access_denied', `policy_${verdict.reason}`);
  }
  if (verdict.outcome === 'suspended') throw new LoginFailure('access_denied', 'github_suspended');
  throw new LoginFailure('temporarily_unavailable', 'membership_undecided');
}

function tell(deps: MembershipDeps, accountId: string, reason: AccessDenial): void {
  deps.events.emit({ type: 'membership.denied', accountId, reason });
}
