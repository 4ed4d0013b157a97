import { errors } from 'oidc-provider';
import { RecordRefusedError, StoreUnavailableError } from '../../shared/store/index.ts';
import { UnsealError } from '../../shared/vault/index.ts';

/** Seconds a client is asked to wait after a 503. */
export const RETRY_AFTER_SECONDS = 2;

/**
 * `temporarily_unavailable` with 503: nothing was consumed, the same request may be sent again. At the authorization
 * endpoint a page: the client could do nothing with it, and whether it may be redirected to is what we could not look up.
 */
export function temporarilyUnavailable(detail: string, cause?: unknown): errors.OIDCProviderError {
  const error = new errors.CustomOIDCProviderError(
    'temporarily_unavailable',
    'a part of the service is not reachable; nothing was changed, try again',
  );
  error.cause = cause;
  error.error_detail = detail;
  return Object.assign(error, { status: 503, statusCode: 503, expose: true, allow_redirect: false });
}

/**
 * Runs a step of a protocol endpoint; failures of store and vault become 503. An altered record is an
 * operator's alarm, never a reason to tell a client that its token is bad: clients throw tokens away then.
 */
export async function asProtocolStep<T>(step: () => Promise<T>): Promise<T> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof StoreUnavailableError) throw temporarilyUnavailable('store unavailable', error);
    if (error instanceof RecordRefusedError) throw temporarilyUnavailable(error.message, error);
    if (error instanceof UnsealError) throw temporarilyUnavailable(error.message, error);
    throw error;
  }
}

/** `invalid_grant` (RFC 6749 §5.2); the reason goes to the log, the client learns only the code. */
export function invalidGrant(reason: string): errors.InvalidGrant {
  return new errors.InvalidGrant(reason);
}
