import { randomBytes } from 'node:crypto';

/** Which process wrote: two never share it, whatever they count. */
const writer = randomBytes(9).toString('base64url');
let written = 0;

/** A version no record has had before. It is compared and says nothing; a counter costs less than random bytes. */
export function newVersion(): string {
  written += 1;
  return `${writer}${written.toString(36)}`;
}
