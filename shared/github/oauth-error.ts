/** Who can make the next attempt succeed. */
export type GitHubOAuthDisposition =
  /** The user starts the sign-in again. */
  | 'restart_login'
  /** Only a person who can change the configuration or the app's registration. */
  | 'operator'
  /** The same request later; a stored credential stays as it is. */
  | 'retry'
  /** The user does something at GitHub first. */
  | 'user_action';

// Wire codes of GitHub's authorization and token endpoints, then our own for answers without one.
const DISPOSITION = {
  incorrect_client_credentials: 'operator',
  redirect_uri_mismatch: 'operator',
  application_suspended: 'operator',
  unsupported_grant_type: 'operator',
  device_flow_disabled: 'operator',
  bad_verification_code: 'restart_login',
  bad_refresh_token: 'restart_login',
  incorrect_device_code: 'restart_login',
  expired_token: 'restart_login',
  access_denied: 'user_action',
  unverified_user_email: 'user_action',
  authorization_pending: 'retry',
  slow_down: 'retry',
  /** No connection, or it broke: after `reset` the token may have been issued. */
  unreachable: 'retry',
  timeout: 'retry',
  /** 5xx or 429. */
  server_error: 'retry',
  /** Not GitHub's answer format, or an error code we do not know. */
  bad_answer: 'operator',
} as const satisfies Record<string, GitHubOAuthDisposition>;

export type GitHubOAuthErrorCode = keyof typeof DISPOSITION;

export type GitHubOAuthOperation =
  'authorize' | 'exchange_code' | 'refresh' | 'check_token' | 'delete_token' | 'delete_grant';

/** A failed step at GitHub's OAuth endpoints; its text is fixed words, never GitHub's and never a secret. */
export class GitHubOAuthError extends Error {
  override readonly name = 'GitHubOAuthError';
  readonly code: GitHubOAuthErrorCode;
  readonly disposition: GitHubOAuthDisposition;
  readonly operation: GitHubOAuthOperation;
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined;

  constructor(code: GitHubOAuthErrorCode, operation: GitHubOAuthOperation, status?: number) {
    super(`GitHub ${operation} failed: ${code}${status === undefined ? '' : ` (status ${String(status)})`}`);
    this.code = code;
    this.disposition = DISPOSITION[code];
    this.operation = operation;
    this.status = status;
  }
}

const ALIASES: Readonly<Record<string, GitHubOAuthErrorCode>> = { token_expired: 'expired_token' };
const LOCAL = new Set<string>(['unreachable', 'timeout', 'server_error', 'bad_answer']);

/** Maps the `error` member or parameter GitHub sent to our closed list; an unknown one is `bad_answer`. */
export function toGitHubOAuthErrorCode(wire: string): GitHubOAuthErrorCode {
  const alias = Object.hasOwn(ALIASES, wire) ? ALIASES[wire] : undefined;
  if (alias !== undefined) return alias;
  return isWireCode(wire) ? wire : 'bad_answer';
}

function isWireCode(value: string): value is GitHubOAuthErrorCode {
  return Object.hasOwn(DISPOSITION, value) && !LOCAL.has(value);
}
