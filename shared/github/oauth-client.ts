import type { Clock } from '../clock.ts';
import { OutgoingHttpError } from '../outgoing-http/index.ts';
import type { OutgoingHttp, OutgoingRequest, OutgoingResponse } from '../outgoing-http/index.ts';
import type { GitHubHost } from './github-host.ts';
import { isJsonObject, readAnswer, readTokenSet } from './oauth-answer.ts';
import type { GitHubTokenSet } from './oauth-answer.ts';
import { GitHubOAuthError } from './oauth-error.ts';
import type { GitHubOAuthOperation } from './oauth-error.ts';
import { parseGitHubScopes } from './scopes.ts';

export interface GitHubOAuthClientOptions {
  readonly host: GitHubHost;
  readonly clientId: string;
  /** The secret as it is now: it may be replaced while the process runs. */
  readonly readClientSecret: () => string;
  readonly http: OutgoingHttp;
  readonly clock: Clock;
  /** Overrides the host's default, for a GHES that takes S256. */
  readonly pkce?: boolean;
  /** Total milliseconds of one call. Default 5000. */
  readonly timeoutMs?: number;
}

export interface GitHubAuthorizationRequest {
  readonly state: string;
  readonly redirectUri: string;
  /** `null` for a GitHub App, which has permissions instead. Never omitted for an OAuth App, see the README. */
  readonly scopes: readonly string[] | null;
  /** S256 challenge; required when PKCE is on, ignored when it is off. */
  readonly codeChallenge?: string;
  /** Account to suggest. */
  readonly login?: string;
  /** Show the account picker. */
  readonly selectAccount?: boolean;
}

export interface GitHubCodeExchange {
  readonly code: string;
  readonly redirectUri: string;
  /** Required when PKCE is on, ignored when it is off. */
  readonly codeVerifier?: string;
}

export type GitHubTokenCheck =
  | { readonly active: false }
  | {
      readonly active: true;
      readonly userId: number;
      readonly login: string;
      readonly scopes: readonly string[];
      /** Milliseconds since the epoch; absent when the token does not expire. */
      readonly expiresAt?: number;
    };

/** Our client role towards GitHub's OAuth endpoints; holds the app's secret and no user's token. */
export interface GitHubOAuthClient {
  readonly pkce: boolean;
  /** @throws TypeError when PKCE is on and the challenge is not one of S256 (RFC 7636 §4.2). */
  authorizationUrl(request: GitHubAuthorizationRequest): string;
  /** @throws GitHubOAuthError; TypeError when PKCE is on and there is no verifier. */
  exchangeCode(exchange: GitHubCodeExchange): Promise<GitHubTokenSet>;
  /** Rotates: on success the old refresh token and its access token are dead. @throws GitHubOAuthError */
  refresh(refreshToken: string): Promise<GitHubTokenSet>;
  /** Whether a token is alive and was issued to this app; never counts as a failed login. @throws GitHubOAuthError */
  checkToken(accessToken: string): Promise<GitHubTokenCheck>;
  /** Ends one token and says whether it still existed. @throws GitHubOAuthError */
  deleteToken(accessToken: string): Promise<'deleted' | 'not_found'>;
  /** Ends every token the token's user gave this app and its authorization. @throws GitHubOAuthError */
  deleteGrant(accessToken: string): Promise<'deleted' | 'not_found'>;
}

const DEFAULT_TIMEOUT_MS = 5_000;
const MAX_ANSWER_BYTES = 64 * 1024;

type Ask = (
  operation: GitHubOAuthOperation,
  request: Pick<OutgoingRequest, 'url' | 'method' | 'headers' | 'body'>,
) => Promise<OutgoingResponse>;

export function createGitHubOAuthClient(options: GitHubOAuthClientOptions): GitHubOAuthClient {
  const pkce = options.pkce ?? options.host.pkce;
  const ask = createAsk(options);
  const requestToken = createTokenRequest(options, ask);
  const checkToken = createTokenCheck(options, ask);
  const remove = createRemoval(options, { ask, checkToken });
  return {
    pkce,
    authorizationUrl: (request) => buildAuthorizationUrl(options, request, pkce),
    exchangeCode: async ({ code, redirectUri, codeVerifier }) => {
      if (pkce && codeVerifier === undefined) throw new TypeError('PKCE is on: codeVerifier is required');
      return requestToken('exchange_code', {
        code,
        redirect_uri: redirectUri,
        ...(pkce && codeVerifier !== undefined ? { code_verifier: codeVerifier } : {}),
      });
    },
    refresh: (refreshToken) =>
      requestToken('refresh', { grant_type: 'refresh_token', refresh_token: refreshToken }),
    checkToken,
    deleteToken: (accessToken) => remove('delete_token', accessToken),
    deleteGrant: (accessToken) => remove('delete_grant', accessToken),
  };
}

function buildAuthorizationUrl(
  options: GitHubOAuthClientOptions,
  request: GitHubAuthorizationRequest,
  pkce: boolean,
): string {
  const url = new URL(`${options.host.webBase}/login/oauth/authorize`);
  const set = (name: string, value: string | undefined): void => {
    if (value !== undefined) url.searchParams.set(name, value);
  };
  set('client_id', options.clientId);
  set('redirect_uri', request.redirectUri);
  set('scope', request.scopes?.join(' '));
  set('state', request.state);
  if (pkce) {
    // A wrong challenge would only fail after the user has signed in.
    if (!/^[A-Za-z0-9_-]{43}$/.test(request.codeChallenge ?? '')) {
      throw new TypeError('PKCE is on: codeChallenge must be an S256 challenge');
    }
    set('code_challenge', request.codeChallenge);
    set('code_challenge_method', 'S256');
  }
  set('login', request.login);
  if (request.selectAccount === true) set('prompt', 'select_account');
  return url.href;
}

function createAsk({ http, timeoutMs = DEFAULT_TIMEOUT_MS }: GitHubOAuthClientOptions): Ask {
  return async (operation, request) => {
    try {
      return await http.request({ ...request, timeoutMs, maxBytes: MAX_ANSWER_BYTES });
    } catch (error) {
      throw transportFailure(error, operation);
    }
  };
}

function transportFailure(error: unknown, operation: GitHubOAuthOperation): unknown {
  if (!(error instanceof OutgoingHttpError)) return error;
  if (error.code === 'timeout') return new GitHubOAuthError('timeout', operation);
  const answered = error.code === 'too_large' || error.code === 'protocol';
  return new GitHubOAuthError(answered ? 'bad_answer' : 'unreachable', operation);
}

function createTokenRequest({ host, clientId, readClientSecret, clock }: GitHubOAuthClientOptions, ask: Ask) {
  return async (operation: GitHubOAuthOperation, grant: Record<string, string>): Promise<GitHubTokenSet> => {
    // Lifetimes count from before the request: GitHub's clock started no earlier.
    const sentAt = clock.now();
    const response = await ask(operation, {
      url: `${host.webBase}/login/oauth/access_token`,
      method: 'POST',
      headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        client_id: clientId,
        client_secret: readClientSecret(),
        ...grant,
      }).toString(),
    });
    return readTokenSet(response, operation, sentAt);
  };
}

function applicationRequest(
  options: GitHubOAuthClientOptions,
  accessToken: string,
): Pick<OutgoingRequest, 'headers' | 'body'> {
  const credentials = Buffer.from(`${options.clientId}:${options.readClientSecret()}`).toString('base64');
  return {
    headers: {
      accept: 'application/vnd.github+json',
      authorization: `Basic ${credentials}`,
      'content-type': 'application/json',
      'x-github-api-version': '2022-11-28',
    },
    body: JSON.stringify({ access_token: accessToken }),
  };
}

function applicationUrl(options: GitHubOAuthClientOptions, part: 'token' | 'grant'): string {
  return `${options.host.apiBase}/applications/${encodeURIComponent(options.clientId)}/${part}`;
}

function createTokenCheck(options: GitHubOAuthClientOptions, ask: Ask): GitHubOAuthClient['checkToken'] {
  return async (accessToken) => {
    const response = await ask('check_token', {
      url: applicationUrl(options, 'token'),
      method: 'POST',
      ...applicationRequest(options, accessToken),
    });
    if (response.status === 404) return { active: false };
    return readTokenCheck(response, options.clientId);
  };
}

function readTokenCheck(response: OutgoingResponse, clientId: string): GitHubTokenCheck {
  const answer = readAnswer(response, 'check_token');
  const { app, user, scopes, expires_at: expires } = answer;
  const expiresAt = typeof expires === 'string' ? Date.parse(expires) : undefined;
  const ours = isJsonObject(app) && app['client_id'] === clientId;
  const id = isJsonObject(user) ? user['id'] : undefined;
  const login = isJsonObject(user) ? user['login'] : undefined;
  if (!ours || !isUserId(id) || typeof login !== 'string' || Number.isNaN(expiresAt)) {
    throw new GitHubOAuthError('bad_answer', 'check_token', response.status);
  }
  const granted = Array.isArray(scopes)
    ? scopes.filter((scope: unknown): scope is string => typeof scope === 'string')
    : [];
  const check = { active: true, userId: id, login, scopes: parseGitHubScopes(granted.join(',')) } as const;
  return expiresAt === undefined ? check : { ...check, expiresAt };
}

function isUserId(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

function createRemoval(
  options: GitHubOAuthClientOptions,
  { ask, checkToken }: { ask: Ask; checkToken: GitHubOAuthClient['checkToken'] },
) {
  return async (
    operation: 'delete_token' | 'delete_grant',
    accessToken: string,
  ): Promise<'deleted' | 'not_found'> => {
    const { status } = await ask(operation, {
      url: applicationUrl(options, operation === 'delete_token' ? 'token' : 'grant'),
      method: 'DELETE',
      ...applicationRequest(options, accessToken),
    });
    if (status === 204) return 'deleted';
    if (status === 404) return 'not_found';
    // 422 means an unknown token or "too many requests of this kind"; only the former may be taken as gone.
    if (status === 422 && !(await checkToken(accessToken)).active) return 'not_found';
    throw removalFailure(operation, status);
  };
}

function removalFailure(operation: GitHubOAuthOperation, status: number): GitHubOAuthError {
  if (status >= 500 || status === 429) return new GitHubOAuthError('server_error', operation, status);
  const code = status === 401 ? 'incorrect_client_credentials' : 'bad_answer';
  return new GitHubOAuthError(code, operation, status);
}
