import type { Response } from 'express';
import type { CookieRules } from '../../http/index.ts';
import type { NextHop } from './login.ts';
import { LOGIN_TTL_MS } from './login-record.ts';

/** Sends the browser to its next hop, with the cookie that binds its way to it, if it sets out. */
export function sendOn(res: Response, cookies: CookieRules, hop: NextHop): void {
  if (hop.cookie !== undefined) {
    const { suffix, value } = hop.cookie;
    const options = { path: '/', secure: cookies.secure, httpOnly: true, sameSite: 'lax' } as const;
    res.cookie(cookies.loginTransaction(suffix), value, { ...options, maxAge: LOGIN_TTL_MS });
  }
  // 303: the next request must not repeat the form (RFC 9700 §4.12).
  res
    .status(303)
    .set({ location: hop.location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
    .end();
}
