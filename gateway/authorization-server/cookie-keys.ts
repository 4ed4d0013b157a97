import { createHmac, timingSafeEqual } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { KeyRing } from '../../shared/vault/index.ts';
import { deriveCurrent, findKey } from '../../shared/vault/index.ts';

const PURPOSE = 'cookie-signature';

/** What the cookie library asks of its keys. */
export interface CookieKeys {
  sign(data: string): string;
  verify(data: string, digest: string): boolean;
  /** The place of the key that made a signature: 0 for the current one, -1 for none. An older one is signed anew. */
  index(data: string, digest: string): number;
}

/**
 * Signs cookies under the ring's current key and accepts the signatures of all its keys, as the ring is at that moment:
 * rotating GATEWAY_KEYS signs nobody out.
 */
export function createCookieKeys(gatewayRing: KeyRing): CookieKeys {
  const index = (data: string, digest: string) => {
    const presented = Buffer.from(digest);
    return findKey(gatewayRing, PURPOSE, (key) => {
      const expected = Buffer.from(signature(key, data));
      return presented.length === expected.length && timingSafeEqual(presented, expected);
    });
  };
  return {
    sign: (data) => signature(deriveCurrent(gatewayRing, PURPOSE), data),
    verify: (data, digest) => index(data, digest) >= 0,
    index,
  };
}

function signature(key: KeyObject, data: string): string {
  return createHmac('sha256', key).update(data).digest('base64url');
}
