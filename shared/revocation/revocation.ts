import { createHash } from 'node:crypto';
import { z } from 'zod';
import { parseJson } from '../parse-json.ts';

/**
 * What an entry of the feed ends: one grant, everything of one account or client or of one upstream credential,
 * everything a signing key signed, or everything. Those of accounts and clients, and everything, reach only tokens issued
 * before the entry; that of a credential those of its versions so far.
 */
export type Revocation =
  | { readonly kind: 'grant'; readonly id: string }
  | { readonly kind: 'account'; readonly id: string }
  /** `id` is a client's, or the origin of a host whose documents are clients. */
  | { readonly kind: 'client'; readonly id: string }
  /** `id` is `credentialDigest` of the handle: the feed must not list handles. Ends tokens up to this version of it. */
  | { readonly kind: 'credential'; readonly id: string; readonly version: number }
  | { readonly kind: 'signing-key'; readonly id: string }
  /** The access tokens that one answer of a refresh brought; `id` is `refreshAnswerId`. */
  | { readonly kind: 'refresh-answer'; readonly id: string }
  | { readonly kind: 'everything' };

export type RevocationEntry = Revocation & { readonly at: number };

/** The part of a verified access token that revocation looks at. */
export interface RevocationSubject {
  readonly gid: string;
  readonly sub: string;
  readonly client_id: string;
  readonly cred: string;
  readonly cv: number;
  readonly gen?: number | undefined;
  readonly late?: number | undefined;
  /** Seconds since the epoch. */
  readonly iat: number;
}

/** Names the tokens of one answer: the grant, its refresh generation, and how often that was answered anew. */
export function refreshAnswerId(grantId: string, generation: number, attempt: number): string {
  return `${grantId} ${String(generation)} ${String(attempt)}`;
}

const at = z.int();
const entryShape = z.discriminatedUnion('kind', [
  z.object({
    kind: z.enum(['grant', 'account', 'client', 'signing-key', 'refresh-answer']),
    id: z.string(),
    at,
  }),
  z.object({ kind: z.literal('credential'), id: z.string(), version: z.int(), at }),
  z.object({ kind: z.literal('everything'), at }),
]);

export function formatEntry(entry: RevocationEntry): string {
  return JSON.stringify(entry);
}

/**
 * An entry as read. One that cannot be understood was written by a newer version, and all that is certain is that it
 * ends something: it counts as everything issued until now, which costs each client one refresh.
 */
export function parseEntry(text: string, now: number): RevocationEntry {
  const parsed = entryShape.safeParse(parseJson(text));
  return parsed.success ? parsed.data : { kind: 'everything', at: now };
}

export function credentialDigest(handle: string): string {
  return createHash('sha256').update(`credential\n${handle}`).digest('base64url');
}
