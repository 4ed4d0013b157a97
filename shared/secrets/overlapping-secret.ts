import type { Clock } from '../clock.ts';
import type { SecretFollower } from './follow-secret-files.ts';
import type { LookAgain, SecretSource } from './secret-source.ts';
import { readAtStart } from './secret-source.ts';

/**
 * How long a replaced secret is accepted (ms): what was signed before is still under way, and the other side may read
 * its own copy minutes later, as Kubernetes brings a changed secret to each node in its own time.
 */
const OVERLAP_MS = 10 * 60_000;

/** A secret that two sides share and that may be replaced while both run. */
export interface OverlappingSecret {
  /** What is signed with. */
  readonly current: string;
  /** What is accepted: the current one, others beside it, and for 10 minutes those that were replaced. */
  accepted(): readonly string[];
  /** For when nothing that is accepted matches: the other side may have read its copy before us. */
  readonly lookAgain: LookAgain;
}

/** Follows a shared secret. `split` names the secrets in a text; the first is current. */
export function followOverlappingSecret(
  { follower, clock }: { follower: Pick<SecretFollower, 'follow'>; clock: Clock },
  source: SecretSource,
  split: (text: string) => readonly string[] = (text) => [text],
): OverlappingSecret {
  let now = readAtStart(source, split);
  let replaced: { readonly secret: string; readonly until: number }[] = [];
  const lookAgain = follower.follow(source, (text) => {
    const next = split(text);
    const until = clock.now() + OVERLAP_MS;
    const gone = now.filter((secret) => !next.includes(secret)).map((secret) => ({ secret, until }));
    replaced = [...replaced.filter(({ secret }) => !next.includes(secret)), ...gone];
    now = next;
  });
  return {
    get current() {
      return now[0] ?? '';
    },
    accepted: () => {
      replaced = replaced.filter(({ until }) => until > clock.now());
      return [...now, ...replaced.map(({ secret }) => secret)];
    },
    lookAgain,
  };
}

/** A shared secret that never changes. */
export function fixedSecret(text: string): OverlappingSecret {
  return { current: text, accepted: () => [text], lookAgain: () => false };
}
