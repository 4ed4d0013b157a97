import { createHmac, timingSafeEqual } from 'node:crypto';

/** Whether `X-Hub-Signature-256` is the HMAC-SHA-256 of these very bytes under the secret, in constant time. */
export function isSignedBody(body: Uint8Array, secret: string, header: string | undefined): boolean {
  const [, presented] = /^sha256=([0-9a-f]{64})$/.exec(header ?? '') ?? [];
  if (presented === undefined) return false;
  const expected = createHmac('sha256', secret).update(body).digest();
  return timingSafeEqual(Buffer.from(presented, 'hex'), expected);
}
