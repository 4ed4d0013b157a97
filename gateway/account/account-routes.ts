import { Router, urlencoded } from 'express';
import type { Request, RequestHandler, Response } from 'express';
import type { AccountNotice } from '../pages/index.ts';
import {
  accountPage,
  accountSignInPage,
  confirmDisconnectPage,
  confirmRevokeAllPage,
  isAccountNotice,
  isConfirmed,
  PAGE_HEADERS,
} from '../pages/index.ts';
import { isLive } from '../grants/index.ts';
import type { PageFrame } from '../authorization-server/index.ts';
import { answerPageError, PageError, sendOn } from '../authorization-server/index.ts';
import { isFromOwnOrigin, readCookie, ROUTES } from '../http/index.ts';
import type { AccountAction, AccountForm, AccountForms } from './account-form.ts';
import { accountModel } from './account-model.ts';
import type { AccountSession } from './account-session.ts';
import type { AccountSignInDeps } from './account-sign-in.ts';
import { accountCookieOptions, startAccountSignIn } from './account-sign-in.ts';
import type { DisconnectDeps, Disconnection } from './disconnect.ts';
import { disconnectGitHub, endAllGrants } from './disconnect.ts';

const MAX_FORM_BYTES = 4 * 1024;

export interface AccountRouteDeps extends AccountSignInDeps, DisconnectDeps {
  readonly forms: AccountForms;
  readonly publicUrl: string;
  /** As people know it. */
  readonly githubHost: string;
  /** Where a person removes the app at GitHub by hand. */
  readonly githubSettings: string;
  /** Called for faults that are not the browser's. */
  readonly onFault: (error: unknown, req: Request) => void;
}

/** Around the faults of the account page. */
const accountFrame: PageFrame = (status) => ({
  title: status >= 500 ? 'This did not work' : 'This cannot be done',
  next:
    status >= 500
      ? 'It may have been done in part: look again in a moment at'
      : 'Nothing was changed. Go back to',
  link: { href: ROUTES.account, label: 'your connected applications' },
});

/** A form of a signed-in person that has passed origin, session and size. */
interface Submission {
  readonly session: AccountSession;
  readonly form: AccountForm;
}

/** The page where a person sees and ends what applications may do in their name. Every change is a POST. */
export function createAccountRoutes(deps: AccountRouteDeps): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const sessionOf = async (req: Request) =>
    await deps.sessions.find(readCookie(req, deps.cookies.accountSession));
  const parse = urlencoded({ limit: MAX_FORM_BYTES, extended: false });
  const onSubmit = (
    path: string,
    run: (submission: Submission, req: Request, res: Response) => Promise<AccountNotice | undefined>,
  ) => {
    router.post(path, requireOwnOrigin(deps.publicUrl), parse, async (req, res) => {
      const session = await sessionOf(req);
      if (session === undefined) throw new PageError(403, 'signed_out');
      const notice = await run({ session, form: (req.body ?? {}) as AccountForm }, req, res);
      if (notice !== undefined) backToPage(res, notice);
    });
  };
  /** What ends everything has a page in front of it, whose box must be ticked: else that page is answered again. */
  const onConfirm = (path: ConfirmedPath, run: (sub: string) => Promise<AccountNotice>) => {
    router.get(path, async (req, res) => {
      const session = await sessionOf(req);
      if (session === undefined) backToPage(res, undefined);
      else sendPage(res, await confirmationOf(deps, session, { path, isUnconfirmed: false }));
    });
    onSubmit(path, async ({ session, form }, _req, res) => {
      requireGenuine(deps, { session, form }, ACTION_OF[path]);
      if (isConfirmed(form)) return await run(session.sub);
      sendPage(res.status(400), await confirmationOf(deps, session, { path, isUnconfirmed: true }));
      return undefined;
    });
  };

  router.get(ROUTES.account, async (req, res) => {
    sendPage(res, await pageOf(deps, await sessionOf(req), noticeOf(req)));
  });
  router.post(ROUTES.accountSignIn, requireOwnOrigin(deps.publicUrl), parse, async (req, res) => {
    const { account } = (req.body ?? {}) as AccountForm;
    sendOn(res, deps.cookies, await startAccountSignIn(deps, { selectAccount: account === 'other' }));
  });
  onSubmit(ROUTES.accountSignOut, async (submission, req, res) => await signOut(deps, submission, req, res));
  onSubmit(ROUTES.accountRevoke, async (submission) => await revokeOne(deps, submission));
  onConfirm(ROUTES.accountRevokeAll, async (sub) =>
    (await endAllGrants(deps, sub)) > 0 ? 'all_revoked' : 'already_ended',
  );
  onConfirm(ROUTES.accountDisconnect, async (sub) => NOTICE_OF[await disconnectGitHub(deps, sub)]);
  for (const [path, allowed] of METHODS) {
    router.all(path, (_req, res) => {
      res.set('allow', allowed);
      throw new PageError(405, 'method');
    });
  }
  const { onFault, supportContact } = deps;
  router.use(ROUTES.account, answerPageError({ frame: accountFrame, onFault, supportContact }));
  return router;
}

/** What is left of each path's methods is refused by name (RFC 9110 §15.5.6). */
const METHODS = [
  [ROUTES.account, 'GET, HEAD'],
  [ROUTES.accountSignIn, 'POST'],
  [ROUTES.accountSignOut, 'POST'],
  [ROUTES.accountRevoke, 'POST'],
  [ROUTES.accountRevokeAll, 'GET, HEAD, POST'],
  [ROUTES.accountDisconnect, 'GET, HEAD, POST'],
] as const;

type ConfirmedPath = typeof ROUTES.accountRevokeAll | typeof ROUTES.accountDisconnect;

const ACTION_OF = {
  [ROUTES.accountRevokeAll]: 'revoke-all',
  [ROUTES.accountDisconnect]: 'disconnect',
} as const satisfies Record<ConfirmedPath, AccountAction>;

const NOTICE_OF: Readonly<Record<Disconnection, AccountNotice>> = {
  done: 'disconnected',
  later: 'disconnected_later',
  unreached: 'disconnected_here',
};

async function pageOf(
  deps: AccountRouteDeps,
  session: AccountSession | undefined,
  notice: AccountNotice | undefined,
): Promise<string> {
  const { githubHost, githubSettings } = deps;
  if (session === undefined) {
    return accountSignInPage({ action: ROUTES.accountSignIn, githubHost, notice });
  }
  const listed = await deps.grants.listOf(session.sub);
  const model = accountModel({ session, listed, now: deps.clock.now() }, deps);
  return accountPage({ ...model, githubSettings, notice });
}

async function confirmationOf(
  deps: AccountRouteDeps,
  session: AccountSession,
  { path, isUnconfirmed }: { path: ConfirmedPath; isUnconfirmed: boolean },
): Promise<string> {
  const now = deps.clock.now();
  const live = (await deps.grants.listOf(session.sub)).filter(({ grant }) => isLive(grant, now));
  const action = ACTION_OF[path];
  const model = {
    login: session.login,
    githubHost: deps.githubHost,
    form: { action: path, csrfToken: deps.forms.tokenOf(session, action) },
    grants: live.length,
    applications: [...new Set(live.map(({ grant }) => grant.clientName ?? grant.clientId))],
    back: ROUTES.account,
    isUnconfirmed,
  };
  return action === 'revoke-all' ? confirmRevokeAllPage(model) : confirmDisconnectPage(model);
}

async function signOut(
  deps: AccountRouteDeps,
  submission: Submission,
  req: Request,
  res: Response,
): Promise<AccountNotice> {
  requireGenuine(deps, submission, 'sign-out');
  await deps.sessions.end(readCookie(req, deps.cookies.accountSession));
  res.clearCookie(deps.cookies.accountSession, accountCookieOptions(deps.cookies));
  return 'signed_out';
}

/** Somebody else's grant is as unknown here as one that never was. */
async function revokeOne(deps: AccountRouteDeps, submission: Submission): Promise<AccountNotice> {
  const { session, form } = submission;
  const listed = (await deps.grants.listOf(session.sub)).find(({ grantId }) => grantId === form['grant']);
  if (listed === undefined) throw new PageError(404, 'unknown_grant');
  requireGenuine(deps, submission, 'revoke', listed.grantId);
  if (!isLive(listed.grant, deps.clock.now())) return 'already_ended';
  await deps.grants.end(listed.grantId, 'revoked_by_person');
  return 'revoked';
}

function requireGenuine(
  { forms }: Pick<AccountRouteDeps, 'forms'>,
  { form, session }: Submission,
  action: AccountAction,
  grantId?: string,
): void {
  const of = { action, ...(grantId === undefined ? {} : { grantId }) };
  if (!forms.isGenuine(form, session, of)) throw new PageError(403, 'stale_form');
}

function requireOwnOrigin(publicUrl: string): RequestHandler {
  return (req, _res, next) => {
    if (!isFromOwnOrigin(req, publicUrl)) throw new PageError(403, 'foreign_origin');
    next();
  };
}

function noticeOf(req: Request): AccountNotice | undefined {
  const named = new URLSearchParams(req.url.split('?')[1] ?? '').get('notice');
  return named !== null && isAccountNotice(named) ? named : undefined;
}

function sendPage(res: Response, page: string): void {
  res.set(PAGE_HEADERS).send(page);
}

function backToPage(res: Response, notice: AccountNotice | undefined): void {
  const location = notice === undefined ? ROUTES.account : `${ROUTES.account}?notice=${notice}`;
  res.status(303).set({ location, 'cache-control': 'no-store' }).end();
}
