import { errors } from 'oidc-provider';
import { isUnavailable } from '../../grants/index.ts';

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

/**
 * Runs a step of a protocol endpoint; what our rooms throw becomes what the library answers. An altered record is an
 * operator's alarm, never a reason to tell a client that its token is bad: clients throw tokens away then.
 */
export async function asProtocolStep<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (isUnavailable(error)) throw temporarilyUnavailable(error);
    throw error;
  }
}
