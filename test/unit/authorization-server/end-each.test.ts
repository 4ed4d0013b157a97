import { describe, expect, it } from 'vitest';
import { endAllGrants } from '../../../gateway/account/disconnect.ts';
import { createOperations } from '../../../gateway/admin/operations.ts';
import { endEach } from '../../../gateway/grants/index.ts';
import { endHolders } from '../../../gateway/standing/end-holders.ts';
import type { Store } from '../../../shared/store/index.ts';
import { keys, RecordRefusedError, StoreUnavailableError } from '../../../shared/store/index.ts';
import { GITHUB_APP, GITHUB_HOST, openPeopleRooms } from '../../support/people-rooms.ts';

const PERSON = 1;
const revocations = { publish: () => Promise.resolve() };
const token = {
  accessToken: 'gho_one',
  accessTokenExpiresAt: null,
  refreshToken: null,
  refreshTokenExpiresAt: null,
};

/** Three live grants of a person, of which the record of the first is not the one that was written. */
async function open() {
  const { under, gateway } = await openPeopleRooms();
  const rooms = gateway();
  const { accounts, grants, vault } = rooms;
  const sub = accounts.subjectOf(PERSON);
  const ids: string[] = [];
  let handle = '';
  for (let index = 0; index < 3; index += 1) {
    const grantId = grants.newGrantId();
    const identity = { githubHost: GITHUB_HOST, sub, app: GITHUB_APP, scopes: [] };
    ({ handle } = await vault.acquire(identity, token, grants.firstHold(grantId)));
    await grants.create(grantId, { clientId: 'c', clientName: null, sub, resource: 'r', scope: [] }, handle);
    ids.push(grantId);
  }
  const [first = '', ...others] = ids;
  await alter(under, first);
  return { ...rooms, sub, handle, others };
}

async function alter(store: Store, grantId: string) {
  const key = keys.grant(grantId);
  const found = await store.read(key);
  const value = (found?.value ?? '').replace('"c"', '"d"');
  await store.commit([{ op: 'put', key, value, expiresAt: found?.expiresAt ?? null }]);
}

type Place = Awaited<ReturnType<typeof open>>;

/** Who lists a person's grants leaves out what it cannot read; who closes a credential learns of it while it ends them. */
const ways: Record<string, (place: Place) => Promise<unknown>> = {
  'a person ends everything': async ({ grants, clock, sub }) => await endAllGrants({ grants, clock }, sub),
  'an operator ends an account': async (place) => await operations(place).endAccount(PERSON),
  'a credential is closed': async ({ grants, vault, handle, others: [holder = ''] }) => {
    const { version = 0 } = (await vault.describe(handle, holder)) ?? {};
    const of = { handle, version, reason: 'credential_gone' } as const;
    await expect(endHolders({ grants, revocations, vault }, of)).rejects.toMatchObject({
      cause: expect.any(RecordRefusedError) as unknown,
    });
  },
};

function operations({ grants, accounts, clock }: Place) {
  const never = () => Promise.reject(new Error('not asked'));
  return createOperations({
    anyGrants: grants,
    people: { accounts, grants },
    organizationIds: { accept: never },
    signingKeys: { list: () => [], rotate: never, retire: never },
    clients: { block: never, unblock: never },
    revocations,
    clock,
  });
}

describe('when several grants end at once', () => {
  it.each(Object.keys(ways))('one that cannot be ended keeps no other alive: %s', async (way) => {
    const place = await open();
    await ways[way]?.(place);
    for (const grantId of place.others) expect(await place.grants.find(grantId), way).toBeUndefined();
    expect(place.ended.toSorted()).toEqual(place.others.toSorted());
  });

  it('a store that is away is not asked for each of them', async () => {
    const asked: string[] = [];
    const away = endEach(['one', 'two', 'three'], async (grantId) => {
      asked.push(grantId);
      await Promise.reject(new StoreUnavailableError('away'));
    });
    await expect(away).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(asked).toEqual(['one']);
  });

  it('the first fault is told once all others have ended', async () => {
    const asked: string[] = [];
    const fault = new RecordRefusedError('mac_mismatch', keys.grant('one'));
    const ending = endEach(['one', 'two', 'three'], async (grantId) => {
      asked.push(grantId);
      await (grantId === 'one' ? Promise.reject(fault) : Promise.resolve());
    });
    await expect(ending).rejects.toMatchObject({ cause: fault });
    expect(asked).toEqual(['one', 'two', 'three']);
  });
});
