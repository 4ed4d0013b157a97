import { createHash, randomBytes } from 'node:crypto';
import { isSameText } from '../../shared/same-text.ts';

/** Marks a stored secret as hashed; also makes leaked secrets searchable by their own prefix. */
const HASHED = 'sha256:';
const PREFIX = 'ocs_';

/** 256 random bits: as hard to guess hashed as not, so that a plain hash is enough. */
export function newClientSecret(): string {
  return PREFIX + randomBytes(32).toString('base64url');
}

/** What is stored in place of a secret; hashing twice changes nothing. */
export function hashClientSecret(secret: string): string {
  if (secret.startsWith(HASHED)) return secret;
  return HASHED + createHash('sha256').update(secret).digest('base64url');
}

/** Compares in constant time (RFC 6749 §10.1). A stored hash presented as a secret is no match. */
export function isClientSecret(stored: string | undefined, presented: string): boolean {
  return isSameText(stored, HASHED + createHash('sha256').update(presented).digest('base64url'));
}
