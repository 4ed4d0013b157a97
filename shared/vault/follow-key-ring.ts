import type { SecretFollower, SecretSource } from '../secrets/index.ts';
import { readAtStart } from '../secrets/index.ts';
import type { KeyRing } from './key-ring.ts';
import { parseKeyRing } from './key-ring.ts';

/** The ring of a source, whose keys follow the source's file. @throws as `parseKeyRing` */
export function followKeyRing(follower: Pick<SecretFollower, 'follow'>, source: SecretSource): KeyRing {
  const ring = readAtStart(source, parseKeyRing);
  ring.lookAgainWith(follower.follow(source, ring.replace));
  return ring;
}
