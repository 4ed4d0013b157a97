import { createHash } from 'node:crypto';
import { isSameText } from '../../../shared/same-text.ts';

/** RFC 7636 §4.1: 43 to 128 unreserved characters. */
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/;

/** True when the verifier hashes to the S256 challenge (RFC 7636 §4.6); compared in constant time. */
export function provesChallenge(verifier: string, challenge: string): boolean {
  if (!VERIFIER.test(verifier)) return false;
  return isSameText(createHash('sha256').update(verifier).digest('base64url'), challenge);
}
