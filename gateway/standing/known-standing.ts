import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../shared/clock.ts';
import type { AccessRequirement } from './rules/access.ts';
import { formatOrganizationRule } from './rules/organization-rule.ts';
import { judgeAge, LONGEST_STALE_MS } from './rules/decision-age.ts';
import type { Expectation, RecordFamily, Store } from '../../shared/store/index.ts';
import { createRecords, keys, RecordRefusedError } from '../../shared/store/index.ts';
import type { KeyRing } from '../../shared/vault/index.ts';
import { recordMacKeys } from '../../shared/vault/index.ts';

/** A positive answer of GitHub's. What was asked is part of it: another rule makes it worthless. */
interface KnownStanding {
  readonly requirement: string;
  /** When GitHub was asked, before its answer came (ms). */
  readonly checkedAt: number;
}

const family: RecordFamily<KnownStanding> = {
  schema: 1,
  shape: z.strictObject({ requirement: z.string(), checkedAt: z.int() }),
};

/** The rules of a standing that was forgotten: nobody's, so every reader takes it for unknown. */
const NO_RULES = '';

/** What is known of an account, and the state of the store it was read in. */
export interface Standing {
  readonly age: 'fresh' | 'stale' | 'unknown';
  readonly asOf: Expectation;
}

/** Positive answers about accounts, for all gateways. Negative ones are acted on and never remembered. */
export interface KnownStandings {
  /** A record that cannot be read counts for nothing and is replaced. */
  read(sub: string): Promise<Standing>;
  /**
   * Keeps a yes of GitHub's. `asOf` was read before GitHub was asked: what was forgotten or learned since, at any
   * gateway, stands, because the answer may be older than that. No clock is compared.
   */
  remember(sub: string, yes: { readonly checkedAt: number; readonly asOf: Expectation }): Promise<void>;
  /** Also outdates every question that was put to GitHub before. */
  forget(sub: string): Promise<void>;
}

export function createKnownStandings(deps: {
  store: Store;
  gatewayRing: KeyRing;
  clock: Clock;
  githubHost: string;
  requirement: AccessRequirement;
  maxAgeMs: number;
}): KnownStandings {
  const { store, clock, githubHost, maxAgeMs } = deps;
  const records = createRecords(store, family, recordMacKeys(deps.gatewayRing));
  const requirement = nameOf(deps.requirement);
  const keyOf = (sub: string) => keys.membership(githubHost, sub);
  const put = (sub: string, data: KnownStanding, expect?: Expectation) =>
    records.put(keyOf(sub), data, {
      expiresAt: data.checkedAt + LONGEST_STALE_MS,
      ...(expect === undefined ? {} : { expect }),
    });
  // Written, not deleted: an answer that is on its way must find that something happened since it was asked for.
  const forget = async (sub: string) => {
    await store.commit([put(sub, { requirement: NO_RULES, checkedAt: clock.now() })]);
  };
  const look = async (sub: string) => {
    try {
      return await records.read(keyOf(sub));
    } catch (error) {
      if (!(error instanceof RecordRefusedError)) throw error;
      await forget(sub);
      return await records.read(keyOf(sub));
    }
  };
  return {
    read: async (sub) => {
      const found = await look(sub);
      const asOf = found === undefined ? 'absent' : { version: found.version };
      if (found?.data.requirement !== requirement) return { age: 'unknown', asOf };
      const age = judgeAge({ checkedAt: found.data.checkedAt, now: clock.now(), maxAgeMs });
      return { age: age === 'too_old' ? 'unknown' : age, asOf };
    },
    remember: async (sub, { checkedAt, asOf }) => {
      await store.commit([put(sub, { requirement, checkedAt }, asOf)]);
    },
    forget,
  };
}

function nameOf({ organizations, requireMfa }: AccessRequirement): string {
  const rules = organizations.map(formatOrganizationRule).sort();
  return createHash('sha256')
    .update(JSON.stringify([rules, requireMfa]))
    .digest('base64url');
}
