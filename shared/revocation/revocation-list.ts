import type { RevocationEntry, RevocationSubject } from './revocation.ts';
import { credentialDigest, refreshAnswerId } from './revocation.ts';

/**
 * Tokens of a blocked client that claim to be issued this long after the entry end with it: the clock of the gateway that
 * issued them may be ahead, or the request was under way when the client was blocked (ms).
 */
const BLOCKED_LEEWAY_MS = 60_000;

type Kind = RevocationEntry['kind'];

/** The entries of the feed in memory, arranged so that a call costs a few map lookups; pure but for its content. */
export interface RevocationList {
  add(entry: RevocationEntry): void;
  readonly isRevoked: (subject: RevocationSubject, kid: string) => boolean;
  /** Forgets what is older: nothing that it could end lives any more. */
  forgetBefore(at: number): void;
}

export function createRevocationList(): RevocationList {
  const byKind = new Map<Kind, Map<string, number>>();
  const credentials = new Map<string, { version: number; at: number }>();
  const when = (kind: Kind, id: string) => byKind.get(kind)?.get(id);
  // A token of the same second may be older or younger than the entry: the careful answer costs one refresh.
  const reaches = (kind: Kind, id: string, issuedAt: number, leewayMs = 0) => {
    const at = when(kind, id);
    return at !== undefined && issuedAt <= at + leewayMs;
  };
  // Nearly always there is none: a call then costs one look.
  const isAnswerEnded = ({ gid, gen = 0, late = 0 }: RevocationSubject) =>
    byKind.has('refresh-answer') && when('refresh-answer', refreshAnswerId(gid, gen, late)) !== undefined;
  // An entry may name one client, or the host of client documents by its origin.
  const reachesClient = (clientId: string, issuedAt: number) =>
    byKind.has('client') &&
    [clientId, hostOf(clientId)].some((id) => reaches('client', id, issuedAt, BLOCKED_LEEWAY_MS));
  return {
    add: (entry) => {
      if (entry.kind === 'credential') {
        const { id, version, at } = entry;
        const known = credentials.get(id);
        credentials.set(id, {
          version: Math.max(version, known?.version ?? 0),
          at: Math.max(at, known?.at ?? 0),
        });
        return;
      }
      const known = byKind.get(entry.kind) ?? new Map<string, number>();
      const id = entry.kind === 'everything' ? '' : entry.id;
      known.set(id, Math.max(entry.at, known.get(id) ?? 0));
      byKind.set(entry.kind, known);
    },
    isRevoked: (subject, kid) => {
      if (byKind.size === 0 && credentials.size === 0) return false;
      const issuedAt = subject.iat * 1000;
      return (
        when('grant', subject.gid) !== undefined ||
        when('signing-key', kid) !== undefined ||
        isAnswerEnded(subject) ||
        reaches('account', subject.sub, issuedAt) ||
        reachesClient(subject.client_id, issuedAt) ||
        reaches('everything', '', issuedAt) ||
        (credentials.size > 0 &&
          subject.cv <= (credentials.get(credentialDigest(subject.cred))?.version ?? -1))
      );
    },
    forgetBefore: (at) => {
      for (const [id, entry] of credentials) if (entry.at < at) credentials.delete(id);
      for (const [kind, known] of byKind) {
        for (const [id, since] of known) if (since < at) known.delete(id);
        if (known.size === 0) byKind.delete(kind);
      }
    },
  };
}

function hostOf(clientId: string): string {
  return URL.canParse(clientId) ? new URL(clientId).origin : clientId;
}
