import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../shared/clock.ts';
import type { EventBus } from '../../shared/ops/index.ts';
import type { RecordFamily, Records, Store, TypedRecord } from '../../shared/store/index.ts';
import { createRecords, keys } from '../../shared/store/index.ts';
import type { CredentialVault, KeyRing } from '../../shared/vault/index.ts';
import { recordMacKeys, seal, unseal } from '../../shared/vault/index.ts';
import type { RefreshFamily } from './token/refresh-token.ts';

/** Why a grant ended; kept with the grant so that "why was I logged out" has an answer. */
export const GRANT_END_REASONS = [
  'revoked_by_client',
  'code_replayed',
  'refresh_token_reused',
  'credential_gone',
] as const;

export type GrantEnd = (typeof GRANT_END_REASONS)[number];

/** One consent. A grant is its refresh family: it is never reused for another consent. */
export interface Grant {
  readonly clientId: string;
  readonly sub: string;
  readonly resource: string;
  /** Consented ∩ granted by GitHub; what every token of the grant carries. */
  readonly scope: readonly string[];
  /** Handle of the upstream credential, sealed under GATEWAY_KEYS. */
  readonly handle: string;
  readonly createdAt: number;
  /** Absolute end (ms), whatever the use. */
  readonly endsAt: number;
  /** Null until the code is redeemed, or when the client takes no refresh tokens. */
  readonly refresh: RefreshFamily | null;
  readonly ended: { readonly reason: GrantEnd; readonly at: number } | null;
}

const grantFamily: RecordFamily<Grant> = {
  schema: 1,
  shape: z.strictObject({
    clientId: z.string(),
    sub: z.string(),
    resource: z.string(),
    scope: z.array(z.string()),
    handle: z.string(),
    createdAt: z.int(),
    endsAt: z.int(),
    refresh: z
      .strictObject({
        keyId: z.string(),
        generation: z.int(),
        superseded: z.array(z.strictObject({ generation: z.int(), at: z.int() })),
      })
      .nullable(),
    ended: z.strictObject({ reason: z.enum(GRANT_END_REASONS), at: z.int() }).nullable(),
  }),
};

export type StoredGrant = TypedRecord<Grant>;

/** How long an ended grant stays readable for its time line (ms). */
const TOMBSTONE_MS = 30 * 24 * 60 * 60_000;
/** A grant whose code is never redeemed ends by itself after this (ms). */
const UNREDEEMED_MS = 15 * 60_000;
/** Holds outlive the grant's idle end by this, so that most refreshes need not write the credential (ms). */
const HOLD_SLACK_MS = 24 * 60 * 60_000;

export interface GrantLifetimes {
  readonly idleMs: number;
  readonly absoluteMs: number;
}

export interface Grants {
  newGrantId(): string;
  /** How long a new grant holds its credential until its code is redeemed. */
  firstHold(grantId: string): { grantId: string; until: number };
  create(
    grantId: string,
    grant: Pick<Grant, 'clientId' | 'sub' | 'resource' | 'scope'>,
    handle: string,
  ): Promise<void>;
  /** The grant if it is live; ended and expired ones are not found. */
  find(grantId: string): Promise<StoredGrant | undefined>;
  handleOf(grantId: string, grant: Grant): string;
  /** Writes the refresh family with compare-and-set and slides the idle end; false when another writer won. */
  saveRefresh(grantId: string, found: StoredGrant, refresh: RefreshFamily | null): Promise<boolean>;
  /** Makes sure the grant goes on holding its credential; false when the credential is no longer its to hold. */
  keepHold(grantId: string, grant: Grant, heldUntil: number): Promise<boolean>;
  /** Ends the grant and lets go of its credential; a grant that is gone already is fine. */
  readonly end: (grantId: string, reason: GrantEnd) => Promise<void>;
}

interface GrantDeps {
  readonly store: Store;
  readonly vault: CredentialVault;
  readonly gatewayRing: KeyRing;
  readonly clock: Clock;
  readonly lifetimes: GrantLifetimes;
  readonly events: EventBus;
}

export function createGrants(deps: GrantDeps): Grants {
  const { store, gatewayRing, clock, lifetimes } = deps;
  const records = createRecords(store, grantFamily, recordMacKeys(gatewayRing));
  const idleEnd = (grant: Pick<Grant, 'endsAt'>) => Math.min(clock.now() + lifetimes.idleMs, grant.endsAt);
  const handleOf = (grantId: string, grant: Grant) =>
    unseal(gatewayRing, handleContext(grantId), grant.handle);
  return {
    newGrantId: () => randomBytes(16).toString('base64url'),
    firstHold: (grantId) => ({ grantId, until: clock.now() + UNREDEEMED_MS }),
    create: async (grantId, { clientId, sub, resource, scope }, handle) => {
      const now = clock.now();
      const times = { createdAt: now, endsAt: now + lifetimes.absoluteMs };
      const sealed = seal(gatewayRing, handleContext(grantId), handle);
      const grant: Grant = {
        clientId,
        sub,
        resource,
        scope,
        handle: sealed,
        ...times,
        refresh: null,
        ended: null,
      };
      const options = { expiresAt: now + UNREDEEMED_MS, expect: 'absent' } as const;
      await store.commit([records.put(keys.grant(grantId), grant, options)]);
    },
    find: async (grantId) => await findLive(records, grantId),
    handleOf,
    saveRefresh: async (grantId, found, refresh) => {
      const options = { expiresAt: idleEnd(found.data), expect: { version: found.version } };
      return await store.commit([records.put(keys.grant(grantId), { ...found.data, refresh }, options)]);
    },
    keepHold: async (grantId, grant, heldUntil) => {
      const end = idleEnd(grant);
      if (heldUntil >= end) return true;
      return await deps.vault.extend(handleOf(grantId, grant), { grantId, until: end + HOLD_SLACK_MS });
    },
    end: async (grantId, reason) => {
      const ended = await markEnded(deps, records, { grantId, reason });
      if (ended === undefined) return;
      // The worker refuses a grant that no longer holds: this is what stops unexpired access tokens.
      await deps.vault.release(handleOf(grantId, ended), grantId);
      deps.events.emit({ type: 'grant.ended', grantId, reason });
    },
  };
}

async function findLive(records: Records<Grant>, grantId: string): Promise<StoredGrant | undefined> {
  const found = await records.read(keys.grant(grantId));
  return found === undefined || found.data.ended !== null ? undefined : found;
}

/** The grant as it was, or undefined when it had ended already. */
async function markEnded(
  { store, clock }: GrantDeps,
  records: Records<Grant>,
  { grantId, reason }: { grantId: string; reason: GrantEnd },
): Promise<Grant | undefined> {
  for (;;) {
    const found = await findLive(records, grantId);
    if (found === undefined) return undefined;
    const now = clock.now();
    const tombstone: Grant = { ...found.data, refresh: null, ended: { reason, at: now } };
    const options = { expiresAt: now + TOMBSTONE_MS, expect: { version: found.version } };
    if (await store.commit([records.put(keys.grant(grantId), tombstone, options)])) return found.data;
  }
}

function handleContext(grantId: string) {
  return { purpose: 'grant-handle', salt: '', bind: [keys.grant(grantId).text] };
}
