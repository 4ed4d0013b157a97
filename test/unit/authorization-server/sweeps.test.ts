import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startSweeper } from '../../../gateway/background/sweeper.ts';
import type { Key, Store } from '../../../shared/store/index.ts';
import { keys } from '../../../shared/store/index.ts';
import { HOUR_MS } from '../../support/movable-clock.ts';
import { GITHUB_HOST, openPeopleRooms } from '../../support/people-rooms.ts';

async function open() {
  const { clock, under, gateway } = await openPeopleRooms();
  const { retirements, grants, ended } = gateway();
  const create = async (sub: string) => {
    const grantId = grants.newGrantId();
    const grant = { clientId: 'client', clientName: null, sub, resource: 'r', scope: [] };
    await grants.create(grantId, grant, 'handle');
    clock.advance(1);
    return grantId;
  };
  return { clock, store: under, retirements, grants, create, ended };
}

/** As if its key had left the ring, or somebody had written to the store. */
async function spoil(store: Store, key: Key): Promise<void> {
  const found = await store.read(key);
  const value = (found?.value ?? '').replace(/\.[^.]+\./, '.gone.');
  await store.commit([{ op: 'put', key, value, expiresAt: null }]);
}

describe('a sweep that meets a record it cannot read', () => {
  it('ends the grants behind it all the same, and says so', async () => {
    const { clock, store, grants, create, ended } = await open();
    const spoilt = await create('one');
    const behind = await create('two');
    await spoil(store, keys.grant(spoilt));
    clock.advance(HOUR_MS);
    await expect(grants.sweep()).rejects.toThrow('1 of what was due in grants-due is put off');
    expect(ended).toEqual([behind]);
    await grants.sweep();
    clock.advance(HOUR_MS);
    await expect(grants.sweep()).rejects.toThrow('put off');
  });

  it('deletes the GitHub tokens behind it all the same', async () => {
    const { clock, store, retirements } = await open();
    await retirements.add('gho_spoilt', clock.now());
    const [id = ''] = await store.membersUntil(keys.retirementsDue(GITHUB_HOST), clock.now(), 1);
    await spoil(store, keys.retirement(id));
    clock.advance(1);
    await retirements.add('gho_behind', clock.now());
    const deleted: string[] = [];
    const sweep = async () =>
      await retirements.sweep((accessToken) => Promise.resolve(deleted.push(accessToken)));
    await expect(sweep()).rejects.toThrow('put off');
    expect(deleted).toEqual(['gho_behind']);
  });
});

describe('the sweeper', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('does its other jobs when one cannot be done, and again at the next look', async () => {
    const { clock, store } = await open();
    const [broken, whole] = [keys.retirementsDue(GITHUB_HOST), keys.grantsDue(GITHUB_HOST)];
    for (const due of [broken, whole]) await store.addMember(due, 'member', clock.now());
    const runs: string[] = [];
    const faults: unknown[] = [];
    const job = (due: Key, run: () => Promise<void>) => ({ name: 'a job', due, run });
    const sweeper = startSweeper({
      store,
      clock,
      jobs: [
        job(broken, async () => await Promise.reject(new Error('broken'))),
        job(whole, async () => {
          await Promise.resolve();
          runs.push('whole');
        }),
      ],
      onFault: (error) => void faults.push(error),
    });
    for (let look = 1; look <= 2; look += 1) {
      await vi.advanceTimersByTimeAsync(5_000);
      await vi.waitFor(() => {
        expect({ runs: runs.length, faults: faults.length }).toEqual({ runs: look, faults: look });
      });
    }
    await sweeper.stop();
  });
});
