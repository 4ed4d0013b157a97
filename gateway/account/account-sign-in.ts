import type { Response } from 'express';
import type { EventBus } from '../../shared/ops/index.ts';
import { messagePage, PAGE_HEADERS } from '../pages/index.ts';
import type { CredentialSource } from '../credentials/index.ts';
import type { Accounts } from '../grants/index.ts';
import type { CookieRules } from '../http/index.ts';
import type { ArriveAtAccount, NextHop, Proof, SignInWay } from '../authorization-server/index.ts';
import { LoginFailure } from '../standing/index.ts';
import { readCookie, RETRY_AFTER_SECONDS, ROUTES } from '../http/index.ts';
import type { AccountSessions } from './account-session.ts';
import { ACCOUNT_SESSION_MS } from './account-session.ts';

export interface AccountSignInDeps extends SignInWay {
  readonly discard: CredentialSource['discard'];
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
  const { state, codeChallenge, cookie } = await deps.setOut();
  const { scopes } = deps;
  const request = { state, scopes, codeChallenge, selectAccount, login: undefined };
  return { location: deps.identityProvider.wayOut(request), cookie };
}

/**
 * The person came back from GitHub. Its token proves who it is and is deleted at once: nothing here holds it. The
 * session gets a new name whatever cookie the browser brought, and nothing is written about the account itself.
 */
export function createAccountArrival(deps: AccountSignInDeps): ArriveAtAccount {
  const { sessions, cookies } = deps;
  return async ({ req, res, callback }) => {
    let proof: Proof;
    try {
      proof = await deps.identityProvider.redeem(callback);
    } catch (error) {
      if (!(error instanceof LoginFailure)) throw error;
      deps.events.emit({ type: 'login.failed', reason: error.reason });
      answerFailure(res, error, deps.supportContact);
      return;
    }
    await deps.discard(proof.credential.token);
    await sessions.end(readCookie(req, cookies.accountSession));
    const sub = deps.accounts.subjectOf(proof.account.id);
    const token = await sessions.start({ sub, login: proof.identity.login });
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
