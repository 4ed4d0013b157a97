import { Router, urlencoded } from 'express';
import type { Request, RequestHandler, Response } from 'express';
import { consentPage, messagePage, PAGE_HEADERS } from '../../pages/index.ts';
import type { CookieRules } from '../cookie-names.ts';
import { cookieRules } from '../cookie-names.ts';
import { ROUTES } from '../routes.ts';
import { comeBack } from './callback.ts';
import { consentSubjectOf } from './consent-subject.ts';
import { decide } from './decide.ts';
import type { LoginDeps, NextHop } from './login.ts';
import { TRANSACTION_TTL_MS } from './login-transaction.ts';
import { answerLoginError, PageError } from './page-error.ts';

const MAX_FORM_BYTES = 8 * 1024;

export interface LoginRouteRules {
  readonly publicUrl: string;
  readonly supportContact: string | undefined;
  /** Called for faults that are not the browser's. */
  readonly onFault: (error: unknown, req: Request) => void;
}

/** The browser's side of a login: consent page, its answer, and the way back from GitHub. */
export function createLoginRoutes(deps: LoginDeps, rules: LoginRouteRules): Router {
  const cookies = cookieRules(rules.publicUrl);
  const router = Router({ caseSensitive: true, strict: true });
  router.get(ROUTES.interaction, showConsent(deps));
  router.post(
    ROUTES.interaction,
    urlencoded({ limit: MAX_FORM_BYTES, extended: false }),
    async (req, res) => {
      requireOwnOrigin(req, rules.publicUrl);
      const interaction = await deps.provider.interactionDetails(req, res);
      const subject = await consentSubjectOf(deps, interaction);
      const answer = deps.consent.read(subject, (req.body ?? {}) as Record<string, unknown>);
      if (answer === undefined) throw new PageError(403, 'stale_form');
      sendOn(res, cookies, await decide(deps, interaction, { subject, answer }));
    },
  );
  router.all(ROUTES.callback, async (req, res) => {
    if (req.method === 'GET') sendOn(res, cookies, await comeBack(deps, cookies, { req, res }));
    else refuseMethod(res);
  });
  router.use([ROUTES.interaction, ROUTES.callback], answerLoginError(rules));
  return router;
}

function showConsent(deps: LoginDeps): RequestHandler {
  return async (req, res) => {
    const interaction = await deps.provider.interactionDetails(req, res);
    const subject = await consentSubjectOf(deps, interaction);
    res
      .status(200)
      .set(PAGE_HEADERS)
      .send(consentPage(deps.consent.model(subject)));
  };
}

/** Cross-site forms carry their own Origin; browsers that send none say `Sec-Fetch-Site` instead. */
function requireOwnOrigin(req: Request, publicUrl: string): void {
  const { origin } = req.headers;
  if (origin === publicUrl) return;
  if (origin === undefined && req.headers['sec-fetch-site'] === 'same-origin') return;
  throw new PageError(403, 'foreign_origin');
}

function sendOn(res: Response, cookies: CookieRules, hop: NextHop): void {
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

function refuseMethod(res: Response): void {
  res.status(405).set({ ...PAGE_HEADERS, allow: 'GET' });
  res.send(
    messagePage({
      title: 'This page is only visited by browsers',
      explanation: 'GitHub sends the browser back here with GET.',
      next: 'Go back to the application and start signing in again.',
    }),
  );
}
