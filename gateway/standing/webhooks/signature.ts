import { createHmac, timingSafeEqual } from 'node:crypto';
import type { OverlappingSecret } from '../../../shared/secrets/index.ts';

/**
 * Whether `X-Hub-Signature-256` is the HMAC-SHA-256 of these very bytes under an accepted secret, each compared in
 * constant time. GitHub changes from one secret to the next at once, so that deliveries under both are on their way.
 */
export function isSignedBody(
  body: Uint8Array,
  secret: Pick<OverlappingSecret, 'accepted' | 'lookAgain'>,
  header: string | undefined,
): boolean {
  const [, digest] = /^sha256=([0-9a-f]{64})$/.exec(header ?? '') ?? [];
  if (digest === undefined) return false;
  const presented = Buffer.from(digest, 'hex');
  const isSigned = () =>
    secret
      .accepted()
      .some((each) => timingSafeEqual(presented, createHmac('sha256', each).update(body).digest()));
  return isSigned() || (secret.lookAgain() && isSigned());
}
