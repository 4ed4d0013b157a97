import { randomBytes } from 'node:crypto';
import { createRecords, keys } from '../../shared/store/index.ts';
import { recordMacKeys, seal, unseal } from '../../shared/vault/index.ts';
import type { RefreshFamily } from './refresh-token.ts';
import type { ListedGrant } from './account-grants.ts';
import { createAccountGrants } from './account-grants.ts';
import type { Grant, GrantEnd, StoredGrant } from './grant.ts';
import { expiryReason, grantFamily, handleContext, isLive } from './grant.ts';
import type { EndingDeps } from './grant-endings.ts';
import { createGrantEndings } from './grant-endings.ts';

/** A grant whose code is never redeemed ends by itself after this (ms). */
const UNREDEEMED_MS = 15 * 60_000;
/**
 * Holds and records outlive the grant's idle end by this (ms): most refreshes need not write the credential, and the
 * sweep finds what it is to end.
 */
const SLACK_MS = 24 * 60 * 60_000;

export interface GrantLifetimes {
  readonly idleMs: number;
  readonly absoluteMs: number;
  /** Live grants of one account at one client; one more ends the one that was not used for longest. */
  readonly perClient: number;
}

type NewGrant = Pick<Grant, 'clientId' | 'clientName' | 'sub' | 'resource' | 'scope'>;

export interface Grants {
  newGrantId(): string;
  /** How long a new grant holds its credential until its code is redeemed. */
  firstHold(grantId: string): { grantId: string; until: number };
  create(grantId: string, grant: NewGrant, handle: string): Promise<void>;
  /** The grant if it is live; ended and expired ones are not found. */
  find(grantId: string): Promise<StoredGrant | undefined>;
  /** Why a grant ended, as long as that is remembered; undefined for one that is live or was never made. */
  endReasonOf(grantId: string): Promise<GrantEnd | undefined>;
  /** Every grant of an account that is remembered, ended ones too, the newest first; one that is refused is reported. */
  readonly listOf: (sub: string) => Promise<readonly ListedGrant[]>;
  handleOf(grantId: string, grant: Grant): string;
  /** Writes the refresh family with compare-and-set and slides the idle end; false when another writer won. */
  saveRefresh(grantId: string, found: StoredGrant, refresh: RefreshFamily | null): Promise<boolean>;
  /** Makes sure the grant goes on holding its credential; false when the credential is no longer its to hold. */
  keepHold(grantId: string, grant: Grant, heldUntil: number): Promise<boolean>;
  /** Ends the grant and lets go of its credential; a grant that is gone already is fine. */
  readonly end: (grantId: string, reason: GrantEnd) => Promise<void>;
  readonly reapplyEnds: () => Promise<void>;
  /** Ends what time has ended, with its reason, so that its GitHub token goes as well. */
  readonly sweep: () => Promise<void>;
}

interface GrantDeps extends EndingDeps {
  readonly githubHost: string;
  readonly lifetimes: GrantLifetimes;
  readonly onFault: (error: unknown) => void;
}

export function createGrants(deps: GrantDeps): Grants {
  const { store, gatewayRing, clock, lifetimes } = deps;
  const records = createRecords(store, grantFamily, recordMacKeys(gatewayRing));
  const endings = createGrantEndings(deps, records);
  const { githubHost, onFault } = deps;
  const ofAccounts = createAccountGrants({ store, clock, githubHost, records, endings, onFault });
  const idleEnd = (grant: Pick<Grant, 'endsAt'>) => Math.min(clock.now() + lifetimes.idleMs, grant.endsAt);
  const handleOf = (grantId: string, grant: Grant) =>
    unseal(gatewayRing, handleContext(grantId), grant.handle);
  return {
    newGrantId: () => randomBytes(16).toString('base64url'),
    firstHold: (grantId) => ({ grantId, until: clock.now() + UNREDEEMED_MS + SLACK_MS }),
    create: async (grantId, grant, handle) => {
      const now = clock.now();
      const sealed = seal(gatewayRing, handleContext(grantId), handle);
      const endsAt = now + lifetimes.absoluteMs;
      const times = { createdAt: now, usedAt: null, idleEndsAt: now + UNREDEEMED_MS, endsAt };
      const data: Grant = { ...grant, handle: sealed, ...times, refresh: null, ended: null };
      await ofAccounts.makeRoom(grant, lifetimes.perClient);
      await ofAccounts.enter(grantId, data);
      const options = { expiresAt: data.idleEndsAt + SLACK_MS, expect: 'absent' } as const;
      await store.commit([records.put(keys.grant(grantId), data, options)]);
    },
    find: async (grantId) => {
      const found = await records.read(keys.grant(grantId));
      return found !== undefined && isLive(found.data, clock.now()) ? found : undefined;
    },
    endReasonOf: async (grantId) => {
      const grant = (await records.read(keys.grant(grantId)))?.data;
      if (grant === undefined || isLive(grant, clock.now())) return undefined;
      return grant.ended?.reason ?? expiryReason(grant, clock.now());
    },
    listOf: ofAccounts.listOf,
    handleOf,
    saveRefresh: async (grantId, found, refresh) => {
      const idleEndsAt = idleEnd(found.data);
      const data = { ...found.data, refresh, usedAt: clock.now(), idleEndsAt };
      const options = { expiresAt: idleEndsAt + SLACK_MS, expect: { version: found.version } };
      return await store.commit([records.put(keys.grant(grantId), data, options)]);
    },
    keepHold: async (grantId, grant, heldUntil) => {
      const until = idleEnd(grant);
      if (heldUntil >= until) return true;
      return await deps.vault.extend(handleOf(grantId, grant), { grantId, until: until + SLACK_MS });
    },
    end: endings.end,
    reapplyEnds: endings.reapply,
    sweep: ofAccounts.sweep,
  };
}
