import { isLoopbackUrl } from '../../shared/outgoing-http/index.ts';
import type { SimulatedApp, SimulatorState } from './state.ts';
import { singleParameters } from './request.ts';
import { asksOffline, normaliseScopes, parseScopes } from './scopes.ts';

/** A request to the authorization page that may be shown. */
export interface AuthorizeRequest {
  readonly app: SimulatedApp;
  /** As sent; undefined when it was left out. */
  readonly redirectUri: string | undefined;
  /** Where the answer goes. */
  readonly target: string;
  readonly state: string | undefined;
  readonly codeChallenge: string | undefined;
  /** Undefined when `scope` was left out: then everything granted before counts. */
  readonly scopes: readonly string[] | undefined;
  readonly offline: boolean;
  readonly loginHint: string | undefined;
  readonly selectsAccount: boolean;
}

export type AuthorizeReading =
  | { readonly kind: 'request'; readonly request: AuthorizeRequest }
  | { readonly kind: 'page'; readonly status: 400 | 404; readonly text: string }
  | {
      readonly kind: 'redirect_error';
      readonly target: string;
      readonly state: string | undefined;
      readonly error: 'redirect_uri_mismatch' | 'application_suspended';
    };

export function readAuthorizeRequest(state: SimulatorState, query: URLSearchParams): AuthorizeReading {
  const parameters = singleParameters(query);
  if (parameters === undefined) return badRequest('A parameter is given more than once.');
  const app = state.apps.get(parameters.get('client_id') ?? '');
  if (app === undefined) return { kind: 'page', status: 404, text: 'No app has this client id.' };
  const challenge = state.profile.pkce ? readChallenge(parameters) : undefined;
  if (challenge === 'refused') {
    return badRequest('PKCE needs code_challenge with 43 characters and code_challenge_method=S256.');
  }
  const sent = parameters.get('redirect_uri');
  const target = sent ?? app.redirectUris[0] ?? '';
  const problem = redirectProblem(app, target);
  if (problem !== undefined) {
    const registered = app.redirectUris[0] ?? '';
    return {
      kind: 'redirect_error',
      target: registered,
      state: parameters.get('state'),
      error: problem,
    };
  }
  return {
    kind: 'request',
    request: {
      app,
      redirectUri: sent,
      target,
      state: parameters.get('state'),
      codeChallenge: challenge,
      ...readScopes(state, app, parameters.get('scope')),
      loginHint: parameters.get('login'),
      selectsAccount: parameters.get('prompt') === 'select_account',
    },
  };
}

function badRequest(text: string): AuthorizeReading {
  return { kind: 'page', status: 400, text };
}

// GitHub takes S256 only; a challenge without method would mean `plain` (RFC 7636 §4.3).
function readChallenge(parameters: Map<string, string>): string | undefined {
  const challenge = parameters.get('code_challenge');
  const method = parameters.get('code_challenge_method');
  if (challenge === undefined && method === undefined) return undefined;
  return method === 'S256' && /^[A-Za-z0-9_-]{43}$/.test(challenge ?? '') ? challenge : 'refused';
}

/** What a request for scopes asks of an app; a GitHub App has permissions instead. */
export function readScopes(
  { profile }: SimulatorState,
  app: SimulatedApp,
  scope: string | undefined,
): { readonly scopes: readonly string[] | undefined; readonly offline: boolean } {
  if (app.kind === 'github-app') return { scopes: [], offline: false };
  return {
    scopes: scope === undefined ? undefined : normaliseScopes(parseScopes(scope)),
    offline: profile.offlineAccess && asksOffline(scope ?? ''),
  };
}

function redirectProblem(app: SimulatedApp, target: string) {
  if (!app.redirectUris.some((registered) => matchesRedirectUri(registered, target))) {
    return 'redirect_uri_mismatch' as const;
  }
  return app.suspended ? ('application_suspended' as const) : undefined;
}

/** Exact, but for the port of a loopback callback (RFC 8252 §7.3). */
function matchesRedirectUri(registered: string, sent: string): boolean {
  if (registered === sent) return true;
  if (!URL.canParse(registered) || !URL.canParse(sent)) return false;
  const [left, right] = [new URL(registered), new URL(sent)];
  // Compared as written, so that no repair of the URL parser (`/auth/../x`, userinfo, `\`) slips through.
  const withoutPort = (value: string): string =>
    value.replace(/^(https?:\/\/(?:\[[^\]]*\]|[^/:@?#]+)):\d+/, '$1');
  return isLoopbackUrl(left) && isLoopbackUrl(right) && withoutPort(registered) === withoutPort(sent);
}
