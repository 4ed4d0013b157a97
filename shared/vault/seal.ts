import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { KeyRing } from './key-ring.ts';

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Where a sealed value belongs. All of it is bound to the ciphertext: moved elsewhere, it does not open. */
export interface SealContext {
  /** What kind of secret this is; separates derived keys from one another. */
  readonly purpose: string;
  /** Salt of the derived content key; for a credential its handle, which the store does not hold. */
  readonly salt: string;
  /** Additional authenticated data: the record, owner and version this value belongs to. */
  readonly bind: readonly string[];
}

/** A sealed value that does not open: wrong place, altered, or a key that left the ring. */
export class UnsealError extends Error {
  override readonly name = 'UnsealError';
  readonly reason: 'malformed' | 'key_unknown' | 'not_authentic';

  constructor(reason: UnsealError['reason']) {
    super(`a sealed value was refused: ${reason}`);
    this.reason = reason;
  }
}

/**
 * AES-256-GCM under a key derived (HKDF) from the ring's current root key, the purpose and the salt, with a
 * random 96-bit nonce. Form: `v1.<key id>.<nonce>.<ciphertext and tag>`, base64url.
 */
export function seal(ring: KeyRing, context: SealContext, plaintext: string): string {
  const key = ring.derive(ring.currentId, context.purpose, context.salt);
  if (key === undefined) throw new UnsealError('key_unknown');
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce);
  cipher.setAAD(associatedData(ring.currentId, context));
  const sealed = Buffer.concat([cipher.update(plaintext, 'utf8'), cipher.final(), cipher.getAuthTag()]);
  return ['v1', ring.currentId, nonce.toString('base64url'), sealed.toString('base64url')].join('.');
}

/** @throws UnsealError; the reason never says which byte was wrong. */
export function unseal(ring: KeyRing, context: SealContext, sealed: string): string {
  const [version, keyId, nonceText, bodyText, ...rest] = sealed.split('.');
  if (
    version !== 'v1' ||
    keyId === undefined ||
    nonceText === undefined ||
    bodyText === undefined ||
    rest.length > 0
  ) {
    throw new UnsealError('malformed');
  }
  const nonce = Buffer.from(nonceText, 'base64url');
  const body = Buffer.from(bodyText, 'base64url');
  if (nonce.length !== NONCE_BYTES || body.length < TAG_BYTES) throw new UnsealError('malformed');
  const key = ring.derive(keyId, context.purpose, context.salt);
  if (key === undefined) throw new UnsealError('key_unknown');
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(associatedData(keyId, context));
  decipher.setAuthTag(body.subarray(body.length - TAG_BYTES));
  try {
    return (
      decipher.update(body.subarray(0, body.length - TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
    );
  } catch {
    throw new UnsealError('not_authentic');
  }
}

/**
 * The same secret sealed under the ring's current key, for what outlives a rotation; undefined when it is already.
 * @throws UnsealError
 */
export function reseal(ring: KeyRing, context: SealContext, sealed: string): string | undefined {
  const [, keyId] = sealed.split('.', 2);
  return keyId === ring.currentId ? undefined : seal(ring, context, unseal(ring, context, sealed));
}

/** JSON keeps the parts apart: `["a","bc"]` and `["ab","c"]` authenticate differently. */
function associatedData(keyId: string, context: SealContext): Buffer {
  return Buffer.from(JSON.stringify(['v1', keyId, context.purpose, ...context.bind]));
}
