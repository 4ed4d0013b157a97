import type { GitHubFailure, GitHubFailureCode } from '../../shared/github/index.ts';

/** What keeps a path from being read as text. */
export type ContentObstacle = 'binary' | 'directory' | 'submodule' | 'symlink';

/** Why one query of a call has no data. Every text is ours: nothing a repository or GitHub wrote is in it. */
export interface RowError {
  readonly code: GitHubFailureCode | 'internal';
  readonly message: string;
  readonly reason?: ContentObstacle;
  readonly retryAfterSeconds?: number;
  readonly ssoUrl?: string;
  /** Scopes of which one is missing. */
  readonly requiredScopes?: readonly string[];
}

/** Ends one query of a call; the others are not affected. */
export class RowFailure extends Error {
  override readonly name = 'RowFailure';
  readonly error: RowError;

  constructor(error: RowError) {
    super(error.message);
    this.error = error;
  }
}

/** A query that cannot be asked as it is. */
export function invalidQuery(message: string, reason?: ContentObstacle): RowFailure {
  return new RowFailure({ code: 'validation', message, ...(reason === undefined ? {} : { reason }) });
}

const MESSAGES: Readonly<Record<GitHubFailureCode, string>> = {
  auth_revoked: 'GitHub no longer accepts the credential of this connection; sign in again',
  scope_missing: 'the credential of this connection lacks a scope or permission for this',
  sso_required: 'an organization requires single sign-on for this; open ssoUrl, or sign in again',
  org_restricted: 'the organization restricts access by OAuth apps; its owner must approve this app',
  ip_blocked: 'the organization’s IP allow list does not contain this server',
  suspended: 'GitHub suspended the account',
  not_found_or_hidden: 'there is no such thing at GitHub, or this connection may not see it',
  rate_primary: 'GitHub’s rate limit is used up; ask again after retryAfterSeconds',
  rate_secondary: 'GitHub asks to slow down; ask again after retryAfterSeconds',
  validation: 'GitHub did not accept the query: a value in it is unknown or not allowed',
  too_large: 'the answer is larger than can be read here',
  upstream_timeout: 'GitHub did not answer in time',
  upstream_5xx: 'GitHub had an internal error or sent an answer that makes no sense',
  unreachable: 'GitHub could not be reached',
};

/** A classified failure of GitHub as a row's error. */
export function rowErrorOf(failure: GitHubFailure): RowError {
  const { code, retryAfterSeconds, ssoUrl, acceptedScopes } = failure;
  return {
    code,
    message: MESSAGES[code],
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
    ...(ssoUrl === undefined ? {} : { ssoUrl }),
    ...(code === 'scope_missing' && acceptedScopes !== undefined ? { requiredScopes: acceptedScopes } : {}),
  };
}
