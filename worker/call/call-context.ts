import type { AccessTokenClaims } from '../../shared/access-token/index.ts';
import type { GatewayContext } from '../../shared/gateway-context/index.ts';
import type { GitHubApi } from '../../shared/github/index.ts';

/** The GitHub token a call may use, opened from the vault for this call only. */
export interface OpenCredential {
  readonly accessToken: string;
  readonly scopes: readonly string[];
}

/** Everything a tool knows of its caller; one per HTTP request, never kept. */
export interface CallContext {
  readonly claims: AccessTokenClaims;
  readonly admitted: GatewayContext;
  /** Undefined for messages that call no tool: the vault is opened only when it is needed. */
  readonly credential: OpenCredential | undefined;
  readonly githubHost: string;
  readonly github: GitHubApi;
  /**
   * Answers the call with a challenge for these scopes instead of a result; false when that cannot be done (any more)
   * and the result has to say what is missing.
   */
  readonly askForScopes: (scopes: readonly string[]) => boolean;
  /** Told of errors nobody expected; a caller sees only that something failed. */
  readonly onFault: (error: unknown) => void;
}
