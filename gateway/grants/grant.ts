import { z } from 'zod';
import type { RecordFamily, TypedRecord } from '../../shared/store/index.ts';
import { keys } from '../../shared/store/index.ts';
import type { RefreshFamily } from './refresh-token.ts';

/** Why a grant ended; kept with the grant so that "why was I logged out" has an answer. */
export const GRANT_END_REASONS = [
  'revoked_by_client',
  'revoked_by_person',
  'revoked_by_operator',
  'revoked_at_github',
  'access_denied_by_policy',
  'code_replayed',
  'code_not_redeemed',
  'refresh_token_reused',
  'client_not_allowed',
  'credential_gone',
  'too_many_grants',
  'idle',
  'max_age',
] as const;

export type GrantEnd = (typeof GRANT_END_REASONS)[number];

/** One consent. A grant is its refresh family: it is never reused for another consent. Times in ms. */
export interface Grant {
  readonly clientId: string;
  /** As claimed when the person consented; the client may be gone when the time line is read. */
  readonly clientName: string | null;
  readonly sub: string;
  readonly resource: string;
  /** Consented ∩ granted by GitHub; what every token of the grant carries. */
  readonly scope: readonly string[];
  /** Handle of the upstream credential, sealed under GATEWAY_KEYS. */
  readonly handle: string;
  readonly createdAt: number;
  /** When tokens were issued last; null until the code is redeemed. */
  readonly usedAt: number | null;
  /** When the grant ends unless it is used. */
  readonly idleEndsAt: number;
  /** Absolute end, whatever the use. */
  readonly endsAt: number;
  /** Null until the code is redeemed, or when the client takes no refresh tokens. */
  readonly refresh: RefreshFamily | null;
  readonly ended: { readonly reason: GrantEnd; readonly at: number } | null;
}

const shape = z.strictObject({
  clientId: z.string(),
  clientName: z.string().nullable(),
  sub: z.string(),
  resource: z.string(),
  scope: z.array(z.string()),
  handle: z.string(),
  createdAt: z.int(),
  usedAt: z.int().nullable(),
  idleEndsAt: z.int(),
  endsAt: z.int(),
  refresh: z
    .strictObject({
      keyId: z.string(),
      generation: z.int(),
      supersededAt: z.array(z.int()),
      lateAnswers: z.array(z.int()),
      attempt: z.int(),
    })
    .nullable(),
  ended: z.strictObject({ reason: z.enum(GRANT_END_REASONS), at: z.int() }).nullable(),
});

export const grantFamily: RecordFamily<Grant> = {
  schema: 4,
  readsUndatedMac: true,
  shape,
  upgrade: (data) => {
    // Schema 3 knew no late answers.
    const previous = z.looseObject({ refresh: z.looseObject({}).nullable() }).parse(data);
    if (previous.refresh === null) return previous;
    return { ...previous, refresh: { ...previous.refresh, lateAnswers: [], attempt: 0 } };
  },
};

export type StoredGrant = TypedRecord<Grant>;

/** What a grant's sealed handle is bound to. */
export function handleContext(grantId: string) {
  return { purpose: 'grant-handle', salt: '', bind: [keys.grant(grantId).text] };
}

/** Whether tokens may be issued for a grant. */
export function isLive(grant: Grant, now: number): boolean {
  return grant.ended === null && now < Math.min(grant.idleEndsAt, grant.endsAt);
}

/** The reason with which time ends a grant. */
export function expiryReason(grant: Grant, now: number): GrantEnd {
  if (grant.usedAt === null) return 'code_not_redeemed';
  return now >= grant.endsAt ? 'max_age' : 'idle';
}
