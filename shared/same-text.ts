import { timingSafeEqual } from 'node:crypto';

/** Compares a secret text in constant time; what is no text, or of another length, is no match. */
export function isSameText(presented: unknown, expected: string): boolean {
  if (typeof presented !== 'string') return false;
  const left = Buffer.from(presented);
  const right = Buffer.from(expected);
  return left.length === right.length && timingSafeEqual(left, right);
}
