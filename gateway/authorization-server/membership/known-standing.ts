import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../../shared/clock.ts';
import type { AccessRequirement } from '../../../shared/policy/index.ts';
import { formatOrganizationRule, judgeAge, LONGEST_STALE_MS } from '../../../shared/policy/index.ts';
import type { RecordFamily, Store } from '../../../shared/store/index.ts';
import { createRecords, keys } from '../../../shared/store/index.ts';
import type { KeyRing } from '../../../shared/vault/index.ts';
import { recordMacKeys } from '../../../shared/vault/index.ts';

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

/** Positive answers about accounts, for all gateways. Negative ones are acted on and never remembered. */
export interface KnownStandings {
  read(sub: string): Promise<'fresh' | 'stale' | 'unknown'>;
  remember(sub: string, checkedAt: number): Promise<void>;
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
  return {
    read: async (sub) => {
      const found = await records.read(keyOf(sub));
      if (found?.data.requirement !== requirement) return 'unknown';
      const age = judgeAge({ checkedAt: found.data.checkedAt, now: clock.now(), maxAgeMs });
      return age === 'too_old' ? 'unknown' : age;
    },
    remember: async (sub, checkedAt) => {
      const data = { requirement, checkedAt };
      await store.commit([records.put(keyOf(sub), data, { expiresAt: checkedAt + LONGEST_STALE_MS })]);
    },
    forget: async (sub) => {
      await store.commit([{ op: 'delete', key: keyOf(sub) }]);
    },
  };
}

function nameOf({ organizations, requireMfa }: AccessRequirement): string {
  const rules = organizations.map(formatOrganizationRule).sort();
  return createHash('sha256')
    .update(JSON.stringify([rules, requireMfa]))
    .digest('base64url');
}
