import { hash } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../shared/clock.ts';
import type { RecordFamily, Store } from '../../shared/store/index.ts';
import { createRecords, keys } from '../../shared/store/index.ts';
import type { KeyRing } from '../../shared/vault/index.ts';
import { recordMacKeys } from '../../shared/vault/index.ts';

/** Used assertions are remembered until they expire: one that lives long would be kept for as long (RFC 7523 §3). */
export const MAX_ASSERTION_SECONDS = 600;

const family: RecordFamily<object> = { schema: 1, shape: z.record(z.string(), z.unknown()) };

/** Client assertions (RFC 7523) that were used, at whichever endpoint. */
export interface UsedAssertions {
  /** Whether one was used. */
  has(id: string): Promise<boolean>;
  /** Notes the use of one; false when it was used before: of two that come at once one is refused. */
  use(id: string, seconds: number): Promise<boolean>;
}

export function createUsedAssertions(deps: {
  readonly store: Store;
  readonly gatewayRing: KeyRing;
  readonly clock: Clock;
}): UsedAssertions {
  const records = createRecords(deps.store, family, recordMacKeys(deps.gatewayRing));
  return {
    has: async (id) => (await records.read(keys.usedAssertion(id))) !== undefined,
    use: async (id, seconds) => {
      const options = { expiresAt: deps.clock.now() + seconds * 1000, expect: 'absent' } as const;
      return await deps.store.commit([records.put(keys.usedAssertion(id), {}, options)]);
    },
  };
}

/** The name of an assertion; the library names those it sees itself in the same way. */
export function assertionId(issuer: string, jti: string): string {
  return hash('sha256', `${issuer}${jti}`, 'base64url');
}
