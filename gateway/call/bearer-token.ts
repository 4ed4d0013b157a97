import type { IncomingMessage } from 'node:http';

export type BearerToken =
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'absent' }
  /** More than one credential, another shape, a foreign scheme with garbage: refused without a second look. */
  | { readonly kind: 'malformed' };

/** RFC 6750 §2.1 `b64token`; one space, nothing after it. */
const BEARER = /^bearer ([A-Za-z0-9._~+/-]+=*)$/i;

/**
 * Takes the access token from the Authorization header and nowhere else (RFC 6750 §2.2 and §2.3 are not
 * served: tokens in bodies and URLs end up in logs).
 */
export function readBearerToken(req: IncomingMessage): BearerToken {
  const values = req.headersDistinct['authorization'] ?? [];
  const [value] = values;
  if (value === undefined) return { kind: 'absent' };
  if (values.length > 1) return { kind: 'malformed' };
  const token = BEARER.exec(value)?.[1];
  if (token !== undefined) return { kind: 'token', token };
  return /^bearer\b/i.test(value) ? { kind: 'malformed' } : { kind: 'absent' };
}
