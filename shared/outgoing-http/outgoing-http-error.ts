/**
 * Every way an outgoing request can fail to give an answer.
 *
 * | code | the other side may have acted on the request |
 * |---|---|
 * | `connect_failed`, `tls` | no: nothing of it was sent |
 * | `timeout`, `aborted`, `reset`, `protocol`, `too_large` | possibly |
 */
export type OutgoingHttpErrorCode =
  'timeout' | 'too_large' | 'connect_failed' | 'reset' | 'aborted' | 'tls' | 'protocol';

/**
 * An outgoing request that got no usable answer.
 *
 * Carries no `cause`: the transport's parser errors hold raw bytes of the answer, which may contain a token.
 * What is kept is the origin (never path or query) and the system's error code, such as `ECONNREFUSED`.
 */
export class OutgoingHttpError extends Error {
  override readonly name = 'OutgoingHttpError';
  readonly code: OutgoingHttpErrorCode;
  readonly origin: string;
  readonly reason: string | undefined;

  constructor(code: OutgoingHttpErrorCode, origin: string, reason?: string) {
    super(`request to ${origin} failed: ${code}${reason === undefined ? '' : ` (${reason})`}`);
    this.code = code;
    this.origin = origin;
    this.reason = reason;
  }
}

const CODE_BY_REASON: Readonly<Record<string, OutgoingHttpErrorCode>> = {
  ECONNREFUSED: 'connect_failed',
  ENOTFOUND: 'connect_failed',
  EAI_AGAIN: 'connect_failed',
  EAI_FAIL: 'connect_failed',
  EHOSTUNREACH: 'connect_failed',
  EHOSTDOWN: 'connect_failed',
  ENETUNREACH: 'connect_failed',
  ENETDOWN: 'connect_failed',
  EADDRNOTAVAIL: 'connect_failed',
  EACCES: 'connect_failed',
  ETIMEDOUT: 'connect_failed',
  ADDRESS_NOT_PUBLIC: 'connect_failed',
  TOO_MANY_NAMES: 'connect_failed',
  UND_ERR_CONNECT_TIMEOUT: 'connect_failed',
  UND_ERR_PRX_CONN: 'connect_failed',
  // Our own aborts are recognised before this table is read; what is left is a proxy that refused CONNECT.
  UND_ERR_ABORTED: 'connect_failed',
  ECONNRESET: 'reset',
  ECONNABORTED: 'reset',
  EPIPE: 'reset',
  UND_ERR_SOCKET: 'reset',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'reset',
  UND_ERR_HEADERS_TIMEOUT: 'timeout',
  UND_ERR_BODY_TIMEOUT: 'timeout',
  UND_ERR_RES_EXCEEDED_MAX_SIZE: 'too_large',
  UND_ERR_CLOSED: 'aborted',
  UND_ERR_DESTROYED: 'aborted',
  EPROTO: 'tls',
  UND_ERR_PRX_TLS: 'tls',
  HOSTNAME_MISMATCH: 'tls',
  INVALID_CA: 'tls',
  INVALID_PURPOSE: 'tls',
};

const TLS_REASON = /^(ERR_TLS|ERR_SSL|CERT_|CRL_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|PATH_LENGTH_)/;

/** Turns whatever the transport threw into a typed failure; anything unknown is `protocol`. */
export function toOutgoingHttpError(error: unknown, origin: string): OutgoingHttpError {
  if (error instanceof OutgoingHttpError) return error;
  const reason = systemCode(error);
  if (reason === undefined) return new OutgoingHttpError('protocol', origin);
  if (TLS_REASON.test(reason)) return new OutgoingHttpError('tls', origin, reason);
  return new OutgoingHttpError(CODE_BY_REASON[reason] ?? 'protocol', origin, reason);
}

function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  const { code } = error;
  return typeof code === 'string' && /^[A-Z0-9_]{1,64}$/.test(code) ? code : undefined;
}
