import type { Response } from 'express';
import type { EventBus } from '../../shared/ops/index.ts';
import { messagePage, PAGE_HEADERS } from '../pages/index.ts';
import type { Accounts } from '../grants/index.ts';
import type { CookieRules } from '../http/index.ts';
import type {
  ArriveAtAccount,
  IdentityProvider,
  LoginTransactions,
  NextHop,
  UpstreamIdentity,
} from '../authorization-server/index.ts';
import { LoginFailure } from '../standing/index.ts';
import { readCookie, RETRY_AFTER_SECONDS, ROUTES } from '../http/index.ts';
import type { AccountSessions } from './account-session.ts';
import { ACCOUNT_SESSION_MS } from './account-session.ts';

export interface AccountSignInDeps {
  readonly transactions: LoginTransactions;
  readonly identityProvider: IdentityProvider;
  /** What GitHub is asked for; the token is only used to learn who it is. */
  readonly scopes: readonly string[];
  readonly accounts: Pick<Accounts, 'subjectOf'>;
  readonly sessions: AccountSessions;
  readonly cookies: CookieRules;
  readonly events: EventBus;
  readonly supportContact: string | undefined;
}

/** Starts the way to GitHub; `selectAccount` lets the person choose another account there. */
export async function startAccountSignIn(
  deps: AccountSignInDeps,
  { selectAccount }: { selectAccount: boolean },
): Promise<NextHop> {
  const transaction = await deps.transactions.startAccountSignIn();
  const { state, codeChallenge } = transaction;
  const { scopes } = deps;
  const request = { state, scopes, codeChallenge, selectAccount, login: undefined };
  return { location: deps.identityProvider.authorizationUrl(request), transaction };
}

/**
 * The person came back from GitHub. Its token proves who it is and is deleted at once: nothing here holds it. The
 * session gets a new name whatever cookie the browser brought, and nothing is written about the account itself.
 */
export function createAccountArrival(deps: AccountSignInDeps): ArriveAtAccount {
  const { sessions, cookies } = deps;
  return async ({ req, res, transaction, requireCode }) => {
    const { codeVerifier } = transaction;
    let identity: UpstreamIdentity;
    try {
      identity = await deps.identityProvider.redeem({ code: requireCode(), codeVerifier });
    } catch (error) {
      if (!(error instanceof LoginFailure)) throw error;
      deps.events.emit({ type: 'login.failed', reason: error.reason });
      answerFailure(res, error, deps.supportContact);
      return;
    }
    await deps.identityProvider.discard(identity.token);
    await sessions.end(readCookie(req, cookies.accountSession));
    const { id, login } = identity.user;
    const token = await sessions.start({ sub: deps.accounts.subjectOf(id), login });
    res.cookie(cookies.accountSession, token, {
      ...accountCookieOptions(cookies),
      maxAge: ACCOUNT_SESSION_MS,
    });
    res.status(303).set({ location: ROUTES.account, 'cache-control': 'no-store' }).end();
  };
}

export function accountCookieOptions({ secure }: CookieRules) {
  return { path: '/', secure, httpOnly: true, sameSite: 'lax' } as const;
}

/** GitHub's own words are not passed on. */
const FAILURES: Readonly<Record<LoginFailure['code'], { status: number; explanation: string }>> = {
  access_denied: { status: 403, explanation: 'You or GitHub said no. Nothing was changed.' },
  server_error: { status: 502, explanation: 'GitHub refused this sign-in. An operator has to look into it.' },
  temporarily_unavailable: { status: 503, explanation: 'GitHub did not answer. Nothing was changed.' },
};

function answerFailure(res: Response, { code }: LoginFailure, support: string | undefined): void {
  const { status, explanation } = FAILURES[code];
  if (status === 503) res.set('retry-after', String(RETRY_AFTER_SECONDS));
  res.status(status).set(PAGE_HEADERS);
  res.send(
    messagePage({
      title: 'You are not signed in',
      explanation,
      next: 'You can try again:',
      link: { href: ROUTES.account, label: 'your connected applications' },
      requestId: res.get('x-request-id'),
      support,
    }),
  );
}
