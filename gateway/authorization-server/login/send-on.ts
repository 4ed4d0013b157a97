import type { Response } from 'express';
import type { CookieRules } from '../../http/index.ts';
import type { NextHop } from './login.ts';
import { TRANSACTION_TTL_MS } from './login-transaction.ts';

/** Sends the browser to its next hop, with the cookie of the transaction that was started, if one was. */
export function sendOn(res: Response, cookies: CookieRules, hop: NextHop): void {
  if (hop.transaction !== undefined) {
    const { suffix, value } = hop.transaction.cookie;
    const options = { path: '/', secure: cookies.secure, httpOnly: true, sameSite: 'lax' } as const;
    res.cookie(cookies.loginTransaction(suffix), value, { ...options, maxAge: TRANSACTION_TTL_MS });
  }
  // 303: the next request must not repeat the form (RFC 9700 §4.12).
  res
    .status(303)
    .set({ location: hop.location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
    .end();
}
