import { Router, urlencoded } from 'express';
import type { Request, RequestHandler, Response } from 'express';
import type { ConsentModel } from '../../pages/index.ts';
import { consentPage, messagePage, PAGE_HEADERS } from '../../pages/index.ts';
import { cookieRules, isFromOwnOrigin, ROUTES } from '../../http/index.ts';
import type { ArriveAtAccount } from './callback.ts';
import { comeBack } from './callback.ts';
import { consentSubjectOf } from './consent-subject.ts';
import type { Logins } from './login.ts';
import { answerPageError, loginFrame, PageError } from './page-error.ts';
import { sendOn } from './send-on.ts';
import { answered, goOn } from './steps.ts';

const MAX_FORM_BYTES = 8 * 1024;

export interface LoginRouteRules {
  readonly publicUrl: string;
  readonly supportContact: string | undefined;
  readonly arriveAtAccount: ArriveAtAccount;
  /** Called for faults that are not the browser's. */
  readonly onFault: (error: unknown, req: Request) => void;
}

/** The browser's side of a login: consent page, its answer, and the way back from GitHub. */
export function createLoginRoutes(logins: Logins, rules: LoginRouteRules): Router {
  const cookies = cookieRules(rules.publicUrl);
  const router = Router({ caseSensitive: true, strict: true });
  router.get(ROUTES.interaction, showConsent(logins));
  router.post(
    ROUTES.interaction,
    urlencoded({ limit: MAX_FORM_BYTES, extended: false }),
    async (req, res) => {
      if (!isFromOwnOrigin(req, rules.publicUrl)) throw new PageError(403, 'foreign_origin');
      const interaction = await logins.interactions.current(req, res);
      const deps = logins.depsOf(interaction.resource);
      const subject = await consentSubjectOf(deps, interaction);
      const answer = deps.consent.read(subject, (req.body ?? {}) as Record<string, unknown>);
      if (answer === undefined) throw new PageError(403, 'stale_form');
      if (answer === 'unconfirmed') {
        sendConsent(res, 400, { ...deps.consent.model(subject), isUnconfirmed: true });
        return;
      }
      const happened = await answered(deps, interaction, { subject, answer });
      sendOn(res, cookies, await goOn(deps, interaction, happened));
    },
  );
  router.all(ROUTES.callback, async (req, res) => {
    const { arriveAtAccount } = rules;
    if (req.method === 'GET') await comeBack(logins, { cookies, arriveAtAccount }, { req, res });
    else refuseMethod(res);
  });
  const { onFault, supportContact } = rules;
  const answerError = answerPageError({ frame: loginFrame, onFault, supportContact });
  router.use([ROUTES.interaction, ROUTES.callback], answerError);
  return router;
}

function showConsent(logins: Logins): RequestHandler {
  return async (req, res) => {
    const interaction = await logins.interactions.current(req, res);
    const deps = logins.depsOf(interaction.resource);
    const subject = await consentSubjectOf(deps, interaction);
    sendConsent(res, 200, deps.consent.model(subject));
  };
}

function sendConsent(res: Response, status: 200 | 400, model: ConsentModel): void {
  res.status(status).set(PAGE_HEADERS).send(consentPage(model));
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
