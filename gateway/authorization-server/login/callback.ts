import type { Request, Response } from 'express';
import type { CookieRules } from '../../http/index.ts';
import { readCookie } from '../../http/index.ts';
import type { Callback } from './identity-providers/identity-provider.ts';
import type { Logins } from './login.ts';
import { cookieSuffix, isBoundToBrowser } from './login-record.ts';
import { PageError } from './page-error.ts';
import { sendOn } from './send-on.ts';
import { goOn } from './steps.ts';

/** Finishes a sign-in at the account page and answers the browser; its failures end on a page of its own. */
export type ArriveAtAccount = (of: {
  readonly req: Request;
  readonly res: Response;
  readonly callback: Callback;
}) => Promise<void>;

export interface CallbackRules {
  readonly cookies: CookieRules;
  readonly arriveAtAccount: ArriveAtAccount;
}

/**
 * The way back from the identity provider, for logins and for the account page. The way is taken by its state and the
 * browser's cookie compared before anything is sent to GitHub: a stolen or foreign callback URL ends on a page of
 * ours. What the callback is for stands in our record alone, never in the request.
 * @throws PageError when the callback belongs to no sign-in of this browser.
 */
export async function comeBack(
  logins: Logins,
  { cookies, arriveAtAccount }: CallbackRules,
  { req, res }: { req: Request; res: Response },
): Promise<void> {
  const parameters = new URLSearchParams(req.url.split('?')[1] ?? '');
  const names = logins.callbackParameters;
  // RFC 6749 §3.1.
  if (names.some((name) => parameters.getAll(name).length > 1)) throw new PageError(400, 'malformed');
  const state = parameters.get(names[0]) ?? '';
  const way = await logins.records.comeBack(state);
  if (way === undefined) throw new PageError(403, 'unknown_state');
  const cookieName = cookies.loginTransaction(cookieSuffix(state));
  res.clearCookie(cookieName, { path: '/', secure: cookies.secure, httpOnly: true, sameSite: 'lax' });
  if (!isBoundToBrowser(way, readCookie(req, cookieName))) {
    logins.events.emit({ type: 'login.failed', reason: 'browser_mismatch' });
    throw new PageError(403, 'other_browser');
  }
  const callback = { parameters, codeVerifier: way.codeVerifier };
  if (way.for === 'account') {
    await arriveAtAccount({ req, res, callback });
    return;
  }
  const interaction = await logins.interactions.find(way.uid);
  if (interaction === undefined) throw new PageError(400, 'expired');
  const deps = logins.depsOf(interaction.resource);
  sendOn(res, cookies, await goOn(deps, interaction, { what: 'came_back', way, callback }));
}
