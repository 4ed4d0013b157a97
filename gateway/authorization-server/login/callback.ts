import type { Request, Response } from 'express';
import type { CookieRules } from '../cookie-names.ts';
import { arrive } from './arrive.ts';
import { failLogin } from './finish.ts';
import { LoginFailure, loginFailureOf } from './identity-provider.ts';
import type { LoginDeps, NextHop } from './login.ts';
import { isBoundToBrowser } from './login-transaction.ts';
import { PageError } from './page-error.ts';

/** Parameters of a callback; each may come once (RFC 6749 §3.1). */
const CALLBACK_PARAMETERS = ['state', 'code', 'error', 'iss'] as const;

type Callback = { readonly state: string } & Partial<Record<'code' | 'error' | 'iss', string>>;

/**
 * The way back from GitHub. The transaction is taken by its state and the browser's cookie compared before
 * anything is sent to GitHub: a stolen or foreign callback URL ends on a page of ours.
 * @throws PageError when the callback belongs to no login of this browser.
 */
export async function comeBack(
  deps: LoginDeps,
  cookies: CookieRules,
  { req, res }: { req: Request; res: Response },
): Promise<NextHop> {
  const callback = readCallback(req);
  const transaction = await deps.transactions.take(callback.state);
  if (transaction === undefined) throw new PageError(403, 'unknown_state');
  const cookieName = cookies.loginTransaction(deps.transactions.cookieSuffix(callback.state));
  res.clearCookie(cookieName, { path: '/', secure: cookies.secure, httpOnly: true, sameSite: 'lax' });
  if (!isBoundToBrowser(transaction, readCookie(req, cookieName))) {
    deps.events.emit({ type: 'login.failed', reason: 'browser_mismatch' });
    throw new PageError(403, 'other_browser');
  }
  const interaction = await deps.provider.Interaction.find(transaction.uid);
  if (interaction === undefined) throw new PageError(400, 'expired');
  try {
    const code = requireCode(callback, deps.identityProvider.issuer);
    return await arrive(deps, interaction, { transaction, code });
  } catch (error) {
    if (!(error instanceof LoginFailure)) throw error;
    return await failLogin(deps, interaction, error);
  }
}

function requireCode(callback: Callback, issuer: string): string {
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

function readCookie(req: Request, name: string): string | undefined {
  for (const pair of (req.headers.cookie ?? '').split(';')) {
    const at = pair.indexOf('=');
    if (at !== -1 && pair.slice(0, at).trim() === name) return pair.slice(at + 1).trim();
  }
  return undefined;
}
