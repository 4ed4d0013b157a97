import { createHmac } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { isSameText } from '../../../shared/same-text.ts';
import type { KeyRing } from '../../../shared/vault/index.ts';
import { deriveCurrent, findKey } from '../../../shared/vault/index.ts';

const PURPOSE = 'cookie-signature';

/** What the cookie library asks of its keys. */
export interface CookieKeys {
  sign(data: string): string;
  verify(data: string, digest: string): boolean;
  /** 0 when one of the keys made the signature, -1 when none did. */
  index(data: string, digest: string): number;
}

/**
 * Signs cookies under the ring's current key and accepts the signatures of all its keys, as the ring is at that moment:
 * rotating GATEWAY_KEYS signs nobody out.
 */
export function createCookieKeys(gatewayRing: KeyRing): CookieKeys {
  const verify = (data: string, digest: string) =>
    findKey(gatewayRing, PURPOSE, (key) => isSameText(digest, signature(key, data))) >= 0;
  return {
    sign: (data) => signature(deriveCurrent(gatewayRing, PURPOSE), data),
    verify,
    // The place of an older key would make the library sign anew, and set that signature for every path: a browser then
    // holds two for the next sign-in, one of them wrong. No cookie lives as long as a key stays in the ring.
    index: (data, digest) => (verify(data, digest) ? 0 : -1),
  };
}

function signature(key: KeyObject, data: string): string {
  return createHmac('sha256', key).update(data).digest('base64url');
}
