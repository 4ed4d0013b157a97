import type { Clock } from '../../../shared/clock.ts';
import type {
  GitHubApi,
  GitHubFailureCode,
  GitHubHost,
  GitHubOAuthClient,
  GitHubOAuthDisposition,
} from '../../../shared/github/index.ts';
import { GitHubApiError, GitHubOAuthError, toGitHubOAuthErrorCode } from '../../../shared/github/index.ts';
import type { Retirements } from '../../credentials/index.ts';
import { LoginFailure } from '../../standing/index.ts';
import type { UpstreamToken } from '../../../shared/vault/index.ts';

/** Who came back, what they granted and the token that proves it. */
export interface UpstreamIdentity {
  readonly user: { readonly id: number; readonly login: string };
  readonly scopes: readonly string[];
  readonly token: UpstreamToken;
}

/** A way to sign people in. One file per kind. */
export interface IdentityProvider {
  authorizationUrl(request: {
    state: string;
    scopes: readonly string[];
    codeChallenge: string;
    selectAccount: boolean;
    login: string | undefined;
  }): string;
  /** The only `iss` a callback may carry (RFC 9207). */
  readonly issuer: string;
  /** @throws LoginFailure */
  redeem(callback: { code: string; codeVerifier: string }): Promise<UpstreamIdentity>;
  /** Ends a token that nothing will hold: now, or later when that fails. Never rejects. */
  discard(token: Pick<UpstreamToken, 'accessToken'>): Promise<void>;
}

interface GitHubIdentityProviderDeps {
  readonly host: GitHubHost;
  readonly oauth: Pick<GitHubOAuthClient, 'authorizationUrl' | 'exchangeCode' | 'deleteToken'>;
  readonly api: Pick<GitHubApi, 'getUser'>;
  readonly redirectUri: string;
  readonly retirements: Pick<Retirements, 'add'>;
  readonly clock: Clock;
  readonly onFault: (error: unknown) => void;
}

/** Signs people in through GitHub with one OAuth App or GitHub App. */
export function createGitHubIdentityProvider(deps: GitHubIdentityProviderDeps): IdentityProvider {
  const { host, oauth, api, redirectUri } = deps;
  const discard = createDiscard(deps);
  return {
    issuer: host.issuer,
    authorizationUrl: ({ state, scopes, codeChallenge, selectAccount, login }) =>
      oauth.authorizationUrl({
        state,
        redirectUri,
        scopes: scopes.length === 0 ? null : scopes,
        codeChallenge,
        selectAccount,
        ...(login === undefined ? {} : { login }),
      }),
    redeem: async ({ code, codeVerifier }) => {
      try {
        const tokens = await oauth.exchangeCode({ code, redirectUri, codeVerifier });
        // The person may have switched accounts at GitHub: only the token itself says whose it is.
        const user = await api.getUser(tokens.accessToken).catch(async (error: unknown) => {
          await discard(tokens);
          throw error;
        });
        return {
          user: { id: user.id, login: user.login },
          scopes: tokens.scopes,
          token: {
            accessToken: tokens.accessToken,
            accessTokenExpiresAt: tokens.expiresAt ?? null,
            refreshToken: tokens.refreshToken ?? null,
            refreshTokenExpiresAt: tokens.refreshTokenExpiresAt ?? null,
          },
        };
      } catch (error) {
        throw toLoginFailure(error);
      }
    },
    discard,
  };
}

/** GitHub away: the sweep goes on. The store away as well: GitHub ends the token after a year, and the fault is told. */
function createDiscard({
  oauth,
  retirements,
  clock,
  onFault,
}: GitHubIdentityProviderDeps): IdentityProvider['discard'] {
  return async ({ accessToken }) => {
    try {
      await oauth.deleteToken(accessToken);
    } catch {
      await retirements.add(accessToken, clock.now()).catch(onFault);
    }
  };
}

/** The `error` a callback carries instead of a code (RFC 6749 §4.1.2.1), as our failure. */
export function loginFailureOf(wireError: string): LoginFailure {
  return fromOAuthError(new GitHubOAuthError(toGitHubOAuthErrorCode(wireError), 'authorize'));
}

const WIRE_CODE = {
  retry: 'temporarily_unavailable',
  operator: 'server_error',
  restart_login: 'access_denied',
  user_action: 'access_denied',
} as const satisfies Record<GitHubOAuthDisposition, LoginFailure['code']>;

function fromOAuthError(error: GitHubOAuthError): LoginFailure {
  return new LoginFailure(WIRE_CODE[error.disposition], `github_${error.code}`, error);
}

/** GitHub failures that the same request may survive a moment later. */
const TRANSIENT: readonly GitHubFailureCode[] = [
  'unreachable',
  'upstream_timeout',
  'upstream_5xx',
  'rate_primary',
  'rate_secondary',
];

function toLoginFailure(error: unknown): unknown {
  if (error instanceof GitHubOAuthError) return fromOAuthError(error);
  if (!(error instanceof GitHubApiError)) return error;
  const { code } = error.failure;
  const wire = TRANSIENT.includes(code) ? 'temporarily_unavailable' : 'access_denied';
  return new LoginFailure(wire, `github_${code}`, error);
}
