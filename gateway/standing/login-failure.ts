/** Why a sign-in failed: what the client is told (RFC 6749 §4.1.2.1) and the word for the log. */
export class LoginFailure extends Error {
  override readonly name = 'LoginFailure';
  readonly code: 'access_denied' | 'server_error' | 'temporarily_unavailable';
  readonly reason: string;

  constructor(code: LoginFailure['code'], reason: string, cause?: unknown) {
    super(`login failed: ${reason}`, { cause });
    this.code = code;
    this.reason = reason;
  }
}
