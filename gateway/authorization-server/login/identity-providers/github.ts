import type {
  GitHubApi,
  GitHubFailureCode,
  GitHubHost,
  GitHubOAuthClient,
  GitHubOAuthDisposition,
} from '../../../../shared/github/index.ts';
import { GitHubApiError, GitHubOAuthError, toGitHubOAuthErrorCode } from '../../../../shared/github/index.ts';
import type { CredentialSource } from '../../../credentials/index.ts';
import { LoginFailure } from '../../../standing/index.ts';
import type { Callback, IdentityProvider, Proof } from './identity-provider.ts';

interface GitHubIdentityProviderDeps {
  readonly host: GitHubHost;
  readonly oauth: Pick<GitHubOAuthClient, 'authorizationUrl' | 'exchangeCode'>;
  readonly api: Pick<GitHubApi, 'getUser'>;
  readonly redirectUri: string;
  readonly discard: CredentialSource['discard'];
}

/** Signs people in through GitHub with one OAuth App or GitHub App, which issues the credential on the way. */
export function createGitHubIdentityProvider(deps: GitHubIdentityProviderDeps): IdentityProvider {
  const { host, oauth, redirectUri } = deps;
  return {
    callbackParameters: ['state', 'code', 'error', 'iss'],
    wayOut: ({ state, scopes, codeChallenge, selectAccount, login }) =>
      oauth.authorizationUrl({
        state,
        redirectUri,
        scopes: scopes.length === 0 ? null : scopes,
        codeChallenge,
        selectAccount,
        ...(login === undefined ? {} : { login }),
      }),
    redeem: async (callback) => {
      const code = codeOf(callback, host.issuer);
      try {
        return await exchange(deps, code, callback.codeVerifier);
      } catch (error) {
        throw toLoginFailure(error);
      }
    },
  };
}

async function exchange(
  { oauth, api, redirectUri, discard }: GitHubIdentityProviderDeps,
  code: string,
  codeVerifier: string,
): Promise<Proof> {
  const tokens = await oauth.exchangeCode({ code, redirectUri, codeVerifier });
  // The person may have switched accounts at GitHub: only the token itself says whose it is.
  const { id, login } = await api.getUser(tokens.accessToken).catch(async (error: unknown) => {
    await discard(tokens);
    throw error;
  });
  const token = {
    accessToken: tokens.accessToken,
    accessTokenExpiresAt: tokens.expiresAt ?? null,
    refreshToken: tokens.refreshToken ?? null,
    refreshTokenExpiresAt: tokens.refreshTokenExpiresAt ?? null,
  };
  return {
    identity: { subject: String(id), login },
    account: { id, login },
    credential: { scopes: tokens.scopes, token },
  };
}

/** The only `iss` a callback may carry is GitHub's (RFC 9207 §2.4). */
function codeOf({ parameters }: Callback, issuer: string): string {
  if ((parameters.get('iss') ?? issuer) !== issuer) throw new LoginFailure('server_error', 'issuer_mismatch');
  const error = parameters.get('error');
  if (error !== null) throw fromOAuthError(new GitHubOAuthError(toGitHubOAuthErrorCode(error), 'authorize'));
  const code = parameters.get('code');
  if (code === null) throw new LoginFailure('server_error', 'code_missing');
  return code;
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
