import type { LoginFailure } from '../../standing/index.ts';
import type { Callback } from './identity-providers/identity-provider.ts';
import type { BrowserSession } from './interaction.ts';
import type { Arrival, LoginSeen, LoginWay } from './login-record.ts';

/** How long a sign-in at GitHub in this browser may stand in for a new one (s). */
const GITHUB_LEG_FRESH_SECONDS = 60 * 60;

/** What a person said yes to. */
export interface Consented {
  readonly scopes: readonly string[];
  /** Who the page named, if anybody. */
  readonly account: { readonly sub: string; readonly login: string } | undefined;
  /** The login as it stood when the page was answered. */
  readonly seen: LoginSeen;
}

/** Everything that can have happened in a login, with what is known by then. Times in seconds since the epoch. */
export type Happened =
  | { readonly what: 'denied' }
  | { readonly what: 'other_account_chosen'; readonly consented: Consented }
  | { readonly what: 'arrival_confirmed'; readonly arrival: Arrival; readonly at: number }
  | {
      readonly what: 'allowed';
      readonly consented: Consented;
      /** Who last signed in at GitHub in this browser, and when. */
      readonly session: BrowserSession | undefined;
      /** The request asks for a new sign-in or for another account. */
      readonly wantsFreshLogin: boolean;
      readonly at: number;
    }
  | { readonly what: 'nothing_to_reuse'; readonly consented: Consented }
  | { readonly what: 'came_back'; readonly way: LoginWay; readonly callback: Callback }
  | { readonly what: 'admitted'; readonly arrival: Arrival; readonly at: number }
  | { readonly what: 'failed'; readonly failure: LoginFailure };

/** What is done next. `reuse` and `redeem` lead to something having happened; the others answer the browser. */
export type Step =
  | { readonly do: 'decline' }
  | { readonly do: 'fail'; readonly failure: LoginFailure }
  | {
      readonly do: 'reuse';
      readonly consented: Consented & { readonly account: object };
      readonly session: BrowserSession;
    }
  | { readonly do: 'send'; readonly consented: Consented; readonly isOtherAccount: boolean }
  | { readonly do: 'redeem'; readonly way: LoginWay; readonly callback: Callback }
  | { readonly do: 'ask_again'; readonly arrival: Arrival }
  | { readonly do: 'finish'; readonly arrival: Arrival; readonly loginTs: number };

/**
 * The one place that chooses how a login goes on. Consent is never skipped, whatever the session says. A person who is not
 * the one the page named decides again, knowing who they are: a second tab or GitHub's account switcher may have changed
 * the account in between.
 */
export function nextStep(happened: Happened): Step {
  switch (happened.what) {
    case 'denied':
      return { do: 'decline' };
    case 'failed':
      return { do: 'fail', failure: happened.failure };
    case 'other_account_chosen':
      return { do: 'send', consented: happened.consented, isOtherAccount: true };
    case 'nothing_to_reuse':
      return { do: 'send', consented: happened.consented, isOtherAccount: false };
    case 'allowed':
      return afterConsent(happened);
    case 'came_back':
      return { do: 'redeem', way: happened.way, callback: happened.callback };
    case 'admitted':
      return afterProvider(happened);
    case 'arrival_confirmed':
      return { do: 'finish', arrival: happened.arrival, loginTs: happened.at };
  }
}

/** A recent sign-in at GitHub may stand in for a new one, if a live credential has exactly the consented scopes. */
function afterConsent(of: Extract<Happened, { what: 'allowed' }>): Step {
  const { consented, session, wantsFreshLogin, at } = of;
  const { account } = consented;
  const isNamed = account !== undefined && session?.sub === account.sub;
  if (isNamed && !wantsFreshLogin && at - session.loginTs <= GITHUB_LEG_FRESH_SECONDS)
    return { do: 'reuse', consented: { ...consented, account }, session };
  return { do: 'send', consented, isOtherAccount: false };
}

function afterProvider({ arrival, at }: Extract<Happened, { what: 'admitted' }>): Step {
  const isExpected = arrival.shownSub === null || arrival.shownSub === arrival.sub;
  return isExpected ? { do: 'finish', arrival, loginTs: at } : { do: 'ask_again', arrival };
}
