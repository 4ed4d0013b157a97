import type { Request, Response, Router } from 'express';
import type { Clock } from '../../shared/clock.ts';
import { authorizePage } from './authorize-page.ts';
import { readAuthorizeRequest } from './authorize-request.ts';
import type { AuthorizeRequest } from './authorize-request.ts';
import { escapeHtml, page } from './html.ts';
import { mustReauthorize } from './new-token-cap.ts';
import { queryOf, rawBody } from './request.ts';
import { grantScopes, scopesToGrant } from './grant-scopes.ts';
import { findUser } from './state.ts';
import type { AutoApproval, SimulatorState } from './state.ts';
import { randomText } from './tokens.ts';

const CODE_LIFETIME_MS = 600_000;

const DESCRIPTIONS = {
  access_denied: 'The user has denied your application access.',
  redirect_uri_mismatch: 'The redirect_uri MUST match the registered callback URL for this application.',
  application_suspended: 'Your application has been suspended. Contact support@github.com.',
} as const;

type AuthorizeError = keyof typeof DESCRIPTIONS;

interface Answer {
  readonly target: string;
  readonly state: string | undefined;
}

interface Choice {
  readonly login: string;
  /** Undefined when the page offered none. */
  readonly grantedScopes: readonly string[] | undefined;
  readonly deny: boolean;
}

export interface AuthorizeDeps {
  readonly state: SimulatorState;
  readonly clock: Clock;
  /** Known once the web listener has its port. */
  readonly issuer: () => string;
}

/** `/login/oauth/authorize`: the page, its form, and the auto-approval that replaces the person. */
export function mountAuthorize(router: Router, deps: AuthorizeDeps): void {
  router.get('/login/oauth/authorize', (request, response) => {
    const query = queryOf(request);
    withRequest(deps, query, response, (authorize) => {
      const auto = deps.state.autoApproval;
      const again = auto !== null && stopsToAskAgain(deps, authorize, auto);
      if (auto === null || again) {
        response.send(authorizePage({ ...authorize, again }, [...deps.state.users.values()], query));
      } else {
        const { login, scopes, deny } = auto;
        decide(deps, authorize, { login, grantedScopes: scopes, deny: deny === true }, response);
      }
    });
  });
  router.post('/login/oauth/authorize', (request, response) => {
    const { query, choice } = readForm(request);
    withRequest(deps, query, response, (authorize) => {
      decide(deps, authorize, choice, response);
    });
  });
}

/** Whether GitHub asks again and the automatic person does not go on. */
function stopsToAskAgain(
  { state, clock }: AuthorizeDeps,
  request: AuthorizeRequest,
  auto: AutoApproval,
): boolean {
  const user = findUser(state, auto.login);
  if (auto.reauthorizes !== false || user === undefined) return false;
  const { clientId } = request.app;
  const granting = { userId: user.id, granted: auto.scopes };
  const scopes = scopesToGrant(state, { clientId, scopes: request.scopes }, granting);
  return mustReauthorize(state, { clientId, userId: user.id, scopes }, clock.now());
}

function readForm(request: Request): { query: URLSearchParams; choice: Choice } {
  const query = new URLSearchParams(rawBody(request));
  const choice = {
    login: query.get('user_login') ?? '',
    grantedScopes: query.getAll('granted_scope'),
    deny: query.get('decision') === 'deny',
  };
  for (const name of ['user_login', 'granted_scope', 'decision']) query.delete(name);
  return { query, choice };
}

function withRequest(
  { state, issuer }: AuthorizeDeps,
  query: URLSearchParams,
  response: Response,
  show: (authorize: AuthorizeRequest) => void,
): void {
  response.set({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
  const reading = readAuthorizeRequest(state, query);
  if (reading.kind === 'request') show(reading.request);
  else if (reading.kind === 'page') sendPage(response, reading.status, reading.text);
  else redirectError(reading, reading.error, response, state.sendsIssuer ? issuer() : undefined);
}

function sendPage(response: Response, status: number, text: string): void {
  response.status(status).send(page(`Error ${String(status)}`, `<p>${escapeHtml(text)}</p>`));
}

function decide(deps: AuthorizeDeps, request: AuthorizeRequest, choice: Choice, response: Response): void {
  const { state } = deps;
  const issuer = state.sendsIssuer ? deps.issuer() : undefined;
  if (choice.deny) {
    redirectError(request, 'access_denied', response, issuer);
    return;
  }
  const user = findUser(state, choice.login);
  if (user === undefined) {
    sendPage(response, 400, 'No account has this login.');
    return;
  }
  if (user.suspended) {
    sendPage(response, 403, 'This account is suspended.');
    return;
  }
  const code = randomText(20).toLowerCase();
  state.codes.set(code, {
    clientId: request.app.clientId,
    userId: user.id,
    redirectUri: request.redirectUri,
    codeChallenge: request.codeChallenge,
    scopes: grantScopes(
      state,
      { clientId: request.app.clientId, scopes: request.scopes },
      { userId: user.id, granted: choice.grantedScopes },
    ),
    offline: request.offline,
    expiresAt: deps.clock.now() + CODE_LIFETIME_MS,
  });
  redirect(request, { code }, response, issuer);
}

function redirectError(
  answer: Answer,
  error: AuthorizeError,
  response: Response,
  issuer: string | undefined,
): void {
  const parameters = {
    error,
    error_description: DESCRIPTIONS[error],
    error_uri: `https://docs.github.com/apps/oauth-apps/maintaining-oauth-apps/troubleshooting-authorization-request-errors#${error.replaceAll('_', '-')}`,
  };
  redirect(answer, parameters, response, issuer);
}

function redirect(
  answer: Answer,
  parameters: Record<string, string>,
  response: Response,
  issuer: string | undefined,
): void {
  const url = new URL(answer.target);
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  if (issuer !== undefined) url.searchParams.set('iss', issuer);
  if (answer.state !== undefined) url.searchParams.set('state', answer.state);
  response.redirect(302, url.href);
}
