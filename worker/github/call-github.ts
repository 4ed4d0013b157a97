import type { AccessTokenClaims } from '../../shared/access-token/index.ts';
import type { GitHubAnswer, GitHubApi, GitHubFailureCode, GitHubHost } from '../../shared/github/index.ts';
import { classifyGitHubFailure, GitHubApiError } from '../../shared/github/index.ts';
import type { CredentialReader } from '../../shared/vault/index.ts';

export interface CallGitHubDeps {
  readonly github: GitHubApi;
  readonly credentials: CredentialReader;
  /** Tells the gateways that GitHub refused the token of a grant or its account; must not fail. */
  readonly reportRefusal: (grantId: string) => Promise<void>;
}

/**
 * GitHub for one call. A 401 for a token that a gateway has refreshed meanwhile is tried once more with the new one:
 * GitHub ends the old token at that moment, also for calls that are on their way. Any other 401 is reported, and so is
 * an answer that calls the account suspended. What a report comes to is the gateways' to find out.
 */
export function createCallGitHub(deps: CallGitHubDeps, claims: AccessTokenClaims): GitHubApi {
  const { github } = deps;
  const withCurrent = async <T>(
    accessToken: string,
    ask: (accessToken: string) => Promise<T>,
    isRefused: (answer: T) => boolean,
  ): Promise<T> => {
    const answer = await ask(accessToken);
    if (!isRefused(answer)) return answer;
    const { cred: handle, cv: minVersion, gid: grantId } = claims;
    const now = await deps.credentials.read({ handle, minVersion, grantId }).catch(() => undefined);
    if (now?.ok === true && now.accessToken !== accessToken) {
      const second = await ask(now.accessToken);
      if (!isRefused(second)) return second;
    }
    await deps.reportRefusal(grantId);
    return answer;
  };
  return {
    host: github.host,
    get: async (token, path, options) =>
      await withCurrent(
        token,
        async (current) => await github.get(current, path, options),
        (response) => isRefusal(response, github.host),
      ),
    getUser: async (token, signal) => {
      const answer = await withCurrent(
        token,
        async (current) => await github.getUser(current, signal).catch(asRefusal),
        (user) => user instanceof GitHubApiError,
      );
      if (answer instanceof GitHubApiError) throw answer;
      return answer;
    },
  };
}

/** What is about the token or its account, rather than about what was asked for. */
const REFUSALS: readonly GitHubFailureCode[] = ['auth_revoked', 'suspended'];

function isRefusal(answer: GitHubAnswer, host: GitHubHost): boolean {
  const mayBe = answer.status === 401 || answer.status === 403;
  return mayBe && REFUSALS.includes(classifyGitHubFailure(answer, host).code);
}

function asRefusal(error: unknown): GitHubApiError {
  if (error instanceof GitHubApiError && REFUSALS.includes(error.failure.code)) return error;
  throw error;
}
