import { expect, it, vi } from 'vitest';
import { endAllGrants } from '../../../gateway/account/disconnect.ts';
import type { Grants } from '../../../gateway/grants/grants.ts';
import { createOperations } from '../../../gateway/admin/operations.ts';
import { endHolders } from '../../../gateway/standing/end-holders.ts';
import { keys, RecordRefusedError, StoreUnavailableError } from '../../../shared/store/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const clock = fakeClock();
const ids = ['one', 'two', 'three'];
const revocations = { publish: async () => await Promise.resolve() };

/** Three live grants, of which the first fails to end. */
function failing(fault: Error) {
  const end = vi.fn(async (grantId: string) => {
    await (grantId === 'one' ? Promise.reject(fault) : Promise.resolve());
  });
  const grant = { ended: null, idleEndsAt: clock.now() + 1e9, endsAt: clock.now() + 1e9 };
  const listOf = async () => await Promise.resolve(ids.map((grantId) => ({ grantId, grant })));
  return { end, grants: { end, listOf } as unknown as Grants };
}

const ways: Record<string, (grants: Grants) => Promise<unknown>> = {
  'a person ends everything': async (grants) => await endAllGrants({ grants, clock }, 'person'),
  'an operator ends an account': async (grants) =>
    await createOperations({
      grants,
      clock,
      revocations,
      signingKeys: {},
      clients: {},
      organizationIds: {},
      accounts: { subjectOf: () => 'person' },
    } as unknown as Parameters<typeof createOperations>[0]).endAccount(1),
  'a credential is closed': async (grants) => {
    const vault = { quarantine: async () => await Promise.resolve(ids) };
    const deps = { grants, revocations, vault } as unknown as Parameters<typeof endHolders>[0];
    await endHolders(deps, { handle: 'handle', version: 1, reason: 'credential_gone' });
  },
};

it.each(Object.keys(ways))('when %s, a grant that cannot be ended keeps no other alive', async (way) => {
  const fault = new RecordRefusedError('mac_mismatch', keys.grant('one'));
  const { end, grants } = failing(fault);
  await expect(ways[way]?.(grants)).rejects.toMatchObject({ cause: fault });
  expect(end.mock.calls.map(([grantId]) => grantId)).toEqual(ids);
});

it.each(Object.keys(ways))('when %s, a store that is away is not asked for each grant', async (way) => {
  const { end, grants } = failing(new StoreUnavailableError('away'));
  await expect(ways[way]?.(grants)).rejects.toBeInstanceOf(StoreUnavailableError);
  expect(end).toHaveBeenCalledOnce();
});
