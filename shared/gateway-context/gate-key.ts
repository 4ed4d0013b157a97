import type { Clock } from '../clock.ts';
import type { OverlappingSecret, SecretFollower, SecretSource } from '../secrets/index.ts';
import { followOverlappingSecret } from '../secrets/index.ts';

/** Base64 or base64url of at least 32 bytes, the key length HS256 asks for (RFC 7518 §3.2). */
const KEY = /^[A-Za-z0-9+/_-]+={0,2}$/;
const KEY_BYTES = 32;

/**
 * The keys in a text, separated by commas or white space; the first signs, each is accepted.
 * @throws Error that names the entry's position, never its content.
 */
export function parseGateKeys(text: string): readonly string[] {
  const keys = text.split(/[\s,]+/).filter((entry) => entry !== '');
  if (keys.length === 0) throw new Error('names no key');
  for (const [index, key] of keys.entries()) {
    if (!KEY.test(key) || Buffer.from(key, 'base64url').length < KEY_BYTES) {
      throw new Error(`key ${String(index + 1)} must be base64url of at least ${String(KEY_BYTES)} bytes`);
    }
  }
  return keys;
}

/** The gate key of a process, which follows its file. @throws as `parseGateKeys` */
export function followGateKey(
  deps: { follower: Pick<SecretFollower, 'follow'>; clock: Clock },
  source: SecretSource,
): OverlappingSecret {
  return followOverlappingSecret(deps, source, parseGateKeys);
}
