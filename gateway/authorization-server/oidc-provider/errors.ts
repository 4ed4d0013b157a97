import { errors } from 'oidc-provider';
import { isUnavailable, Refused } from '../../grants/index.ts';
import { TokenError } from '../token/token-request.ts';

/**
 * `temporarily_unavailable` with 503: nothing was consumed, the same request may be sent again. At the authorization
 * endpoint a page: the client could do nothing with it, and whether it may be redirected to is what we could not look up.
 */
function temporarilyUnavailable(cause: Error): errors.OIDCProviderError {
  const error = new errors.CustomOIDCProviderError(
    'temporarily_unavailable',
    'a part of the service is not reachable; nothing was changed, try again',
  );
  error.cause = cause;
  error.error_detail = cause.message;
  return Object.assign(error, { status: 503, statusCode: 503, expose: true, allow_redirect: false });
}

/** `invalid_grant` (RFC 6749 §5.2): the client learns only the code, event and log the reason. */
function invalidGrant(cause: Refused): errors.OIDCProviderError {
  return Object.assign(new errors.InvalidGrant(cause.reason), { cause });
}

const TOKEN_ERRORS: Readonly<Record<TokenError['code'], (error: TokenError) => errors.OIDCProviderError>> = {
  invalid_request: ({ message }) => new errors.InvalidRequest(message),
  invalid_scope: ({ message, scope }) => new errors.InvalidScope(message, scope),
  invalid_target: ({ message }) => new errors.InvalidTarget(message),
  access_denied: ({ message }) => new errors.AccessDenied(message),
  authorization_pending: ({ message }) => new errors.AuthorizationPending(message),
  expired_token: ({ message }) => new errors.ExpiredToken(message),
  slow_down: ({ message }) => new errors.SlowDown(message),
};

/**
 * Runs a step of a protocol endpoint; what our rooms throw becomes what the library answers. An altered record is an
 * operator's alarm, never a reason to tell a client that its token is bad: clients throw tokens away then.
 */
export async function asProtocolStep<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof Refused) throw invalidGrant(error);
    if (error instanceof TokenError) throw TOKEN_ERRORS[error.code](error);
    if (isUnavailable(error)) throw temporarilyUnavailable(error);
    throw error;
  }
}

/** The reason behind an error that `asProtocolStep` made. */
export function refusedOf(error: errors.OIDCProviderError): Refused | undefined {
  return error.cause instanceof Refused ? error.cause : undefined;
}
