import type {
  GitHubApiResponse,
  GitHubGetOptions,
  GitHubHost,
  GitHubRate,
} from '../../shared/github/index.ts';
import {
  classifyGitHubFailure,
  coversGitHubScope,
  GitHubApiError,
  parseGitHubScopes,
  readRate,
} from '../../shared/github/index.ts';
import type { CallContext } from '../call/call-context.ts';
import { RowFailure, rowErrorOf } from './row-failure.ts';

/** The scope that opens private repositories to an OAuth App; GitHub has no read-only form of it. */
const PRIVATE_SCOPE = 'repo';

/** GitHub as one tool call may use it: with the caller's credential, within the scope of their token. */
export interface RowGitHub {
  readonly host: GitHubHost;
  /**
   * Whether private repositories are out of bounds although the credential could read them: the person granted this
   * client less than the credential holds.
   */
  readonly hidesPrivate: boolean;
  /** Reads an endpoint. @throws RowFailure for everything but 200. */
  get(path: readonly string[], options: GitHubGetOptions & { endpoint: string }): Promise<GitHubApiResponse>;
  /** The fullest picture of the rate limit so far: the answer with the least remaining. */
  rate(): GitHubRate | undefined;
}

export function createRowGitHub(call: CallContext, signal: AbortSignal): RowGitHub {
  const { credential, github } = call;
  if (credential === undefined) throw new TypeError('a tool call always has an open credential');
  const granted = parseGitHubScopes(call.claims.scope);
  let lowest: GitHubRate | undefined;
  const note = (rate: GitHubRate | null) => {
    if (rate !== null && (lowest === undefined || rate.remaining < lowest.remaining)) lowest = rate;
  };
  return {
    host: github.host,
    hidesPrivate:
      coversGitHubScope(credential.scopes, PRIVATE_SCOPE) && !coversGitHubScope(granted, PRIVATE_SCOPE),
    get: async (path, options) => {
      const response = await answerOf(github.get(credential.accessToken, path, { ...options, signal }));
      note(readRate(response.headers));
      if (response.status === 200) return response;
      const error = rowErrorOf(classifyGitHubFailure(response, github.host));
      const hidden = error.code === 'not_found_or_hidden' && lacksPrivateScope(response);
      throw hidden ? hiddenFailure() : new RowFailure(error);
    },
    rate: () => lowest,
  };
}

/** Not there, or private: a caller without the scope cannot know, and may want to ask for it. */
export function hiddenFailure(): RowFailure {
  return new RowFailure({
    ...rowErrorOf({ code: 'not_found_or_hidden' }),
    requiredScopes: [PRIVATE_SCOPE],
  });
}

async function answerOf(answer: Promise<GitHubApiResponse>): Promise<GitHubApiResponse> {
  try {
    return await answer;
  } catch (error) {
    if (error instanceof GitHubApiError) throw new RowFailure(rowErrorOf(error.failure));
    throw error;
  }
}

// Only OAuth App tokens come with the header: a GitHub App has permissions, which no scope can widen.
function lacksPrivateScope({ headers }: GitHubApiResponse): boolean {
  const scopes = headers['x-oauth-scopes'];
  return typeof scopes === 'string' && !coversGitHubScope(parseGitHubScopes(scopes), PRIVATE_SCOPE);
}
