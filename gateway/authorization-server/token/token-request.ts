/** A request at the token endpoint, of a client that has proved who it is. */
export interface TokenRequest {
  readonly clientId: string;
  /** Whether the client may be given a refresh token. */
  readonly takesRefreshTokens: boolean;
  readonly parameters: Parameters;
  /** The resources it names (RFC 8707 §2): one, several, or none. */
  readonly resource: string | readonly string[] | undefined;
}

/** Parameters of a request that came once, with a value. */
export type Parameters = Readonly<Record<string, string | undefined>>;

/** The members of a token response (RFC 6749 §5.1). */
export interface TokenResponse {
  readonly access_token: string;
  readonly token_type: 'Bearer';
  readonly expires_in: number;
  readonly scope: string;
  readonly refresh_token?: string;
}

export type GrantHandler = (request: TokenRequest) => Promise<TokenResponse>;

/** What is wrong with a request itself, beside `invalid_grant` (RFC 6749 §5.2, RFC 8707 §2, RFC 8628 §3.5). */
type TokenErrorCode =
  | 'invalid_request'
  | 'invalid_client'
  | 'unauthorized_client'
  | 'unsupported_grant_type'
  | 'invalid_scope'
  | 'invalid_target'
  | 'access_denied'
  | 'authorization_pending'
  | 'expired_token'
  | 'slow_down';

/** A token request that is answered with an error and has consumed nothing; `message` is for the client. */
export class TokenError extends Error {
  override readonly name = 'TokenError';
  readonly code: TokenErrorCode;
  /** The scopes that were too many. */
  readonly scope: string;

  constructor(code: TokenErrorCode, message: string, scope = '') {
    super(message);
    this.code = code;
    this.scope = scope;
  }
}

/** @throws TokenError naming the missing parameter (RFC 6749 §5.2). */
export function requireParameter({ parameters }: Pick<TokenRequest, 'parameters'>, name: string): string {
  const value = parameters[name];
  if (typeof value !== 'string' || value === '') {
    throw new TokenError('invalid_request', `missing required parameter '${name}'`);
  }
  return value;
}

/**
 * A token request may repeat the granted resource or leave it out (RFC 8707 §2.2).
 * @throws TokenError for any other, before anything is consumed.
 */
export function requireSameResource(
  requested: string | readonly string[] | undefined,
  granted: string,
): void {
  if (requested !== undefined && requested !== granted) {
    throw new TokenError('invalid_target', 'the resource was not granted');
  }
}
