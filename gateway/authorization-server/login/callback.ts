import type { Request, Response } from 'express';
import type { CookieRules } from '../../http/index.ts';
import { readCookie } from '../../http/index.ts';
import { arrive } from './arrive.ts';
import { failLogin } from './finish.ts';
import { LoginFailure } from '../../standing/index.ts';
import { loginFailureOf } from './identity-provider.ts';
import type { LoginDeps, NextHop } from './login.ts';
import type { AccountTransaction, LoginTransaction } from './login-transaction.ts';
import { isBoundToBrowser } from './login-transaction.ts';
import { PageError } from './page-error.ts';
import { sendOn } from './send-on.ts';

/** Parameters of a callback; each may come once (RFC 6749 §3.1). */
const CALLBACK_PARAMETERS = ['state', 'code', 'error', 'iss'] as const;

type Callback = { readonly state: string } & Partial<Record<'code' | 'error' | 'iss', string>>;

/** Finishes a sign-in at the account page and answers the browser; its failures end on a page of its own. */
export type ArriveAtAccount = (of: {
  readonly req: Request;
  readonly res: Response;
  readonly transaction: AccountTransaction;
  /** @throws LoginFailure when GitHub sent an error instead of a code. */
  readonly requireCode: () => string;
}) => Promise<void>;

export interface CallbackRules {
  readonly cookies: CookieRules;
  readonly arriveAtAccount: ArriveAtAccount;
}

/**
 * The way back from GitHub, for logins and for the account page. The transaction is taken by its state and the
 * browser's cookie compared before anything is sent to GitHub: a stolen or foreign callback URL ends on a page of
 * ours. What the callback is for stands in the transaction alone, never in the request.
 * @throws PageError when the callback belongs to no sign-in of this browser.
 */
export async function comeBack(
  deps: LoginDeps,
  { cookies, arriveAtAccount }: CallbackRules,
  { req, res }: { req: Request; res: Response },
): Promise<void> {
  const callback = readCallback(req);
  const transaction = await deps.transactions.take(callback.state);
  if (transaction === undefined) throw new PageError(403, 'unknown_state');
  const cookieName = cookies.loginTransaction(deps.transactions.cookieSuffix(callback.state));
  res.clearCookie(cookieName, { path: '/', secure: cookies.secure, httpOnly: true, sameSite: 'lax' });
  if (!isBoundToBrowser(transaction, readCookie(req, cookieName))) {
    deps.events.emit({ type: 'login.failed', reason: 'browser_mismatch' });
    throw new PageError(403, 'other_browser');
  }
  const requireCode = () => codeOf(callback, deps.identityProvider.issuer);
  if (transaction.kind === 'account') await arriveAtAccount({ req, res, transaction, requireCode });
  else sendOn(res, cookies, await continueLogin(deps, transaction, requireCode));
}

async function continueLogin(
  deps: LoginDeps,
  transaction: LoginTransaction,
  requireCode: () => string,
): Promise<NextHop> {
  const interaction = await deps.interactions.find(transaction.uid);
  if (interaction === undefined) throw new PageError(400, 'expired');
  try {
    return await arrive(deps, interaction, { transaction, code: requireCode() });
  } catch (error) {
    if (!(error instanceof LoginFailure)) throw error;
    return await failLogin(deps, interaction, error);
  }
}

function codeOf(callback: Callback, issuer: string): string {
  if (callback.iss !== undefined && callback.iss !== issuer) {
    throw new LoginFailure('server_error', 'issuer_mismatch');
  }
  if (callback.error !== undefined) throw loginFailureOf(callback.error);
  if (callback.code === undefined) throw new LoginFailure('server_error', 'code_missing');
  return callback.code;
}

function readCallback(req: Request): Callback {
  const query = new URLSearchParams(req.url.split('?')[1] ?? '');
  if (CALLBACK_PARAMETERS.some((name) => query.getAll(name).length > 1))
    throw new PageError(400, 'malformed');
  const state = query.get('state');
  if (state === null || state === '') throw new PageError(403, 'unknown_state');
  const optional = (name: 'code' | 'error' | 'iss') => {
    const value = query.get(name);
    return value === null ? {} : { [name]: value };
  };
  return { state, ...optional('code'), ...optional('error'), ...optional('iss') };
}
