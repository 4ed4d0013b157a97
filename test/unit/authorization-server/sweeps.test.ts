import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { createGrants } from '../../../gateway/grants/grants.ts';
import { startSweeper } from '../../../gateway/background/sweeper.ts';
import { createEventBus } from '../../../shared/ops/index.ts';
import type { Key, Store } from '../../../shared/store/index.ts';
import { keys, openSqliteStore } from '../../../shared/store/index.ts';
import { createCredentialVault } from '../../../gateway/credentials/credential-vault.ts';
import { createRetirements } from '../../../gateway/credentials/retirements.ts';
import { parseKeyRing } from '../../../shared/vault/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { DAY_MS, HOUR_MS } from '../../support/movable-clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const ring = (name: string, byte: number) =>
  parseKeyRing(`${name}:${Buffer.alloc(32, byte).toString('base64url')}`);
const gatewayRing = ring('g1', 1);
const githubHost = 'github.com';

async function open() {
  const clock = fakeClock();
  const store = await openSqliteStore({ folder: temporaryFolder(), clock });
  onTestFinished(store.close);
  const retirements = createRetirements({ store, gatewayRing, clock });
  const shared = { store, gatewayRing, githubHost, clock };
  const vault = createCredentialVault({ ...shared, vaultRing: ring('v1', 2), retirements, graceMs: 0 });
  const ended: string[] = [];
  const events = createEventBus();
  events.on('grant.ended', ({ grantId }) => void ended.push(grantId));
  const grants = createGrants({
    ...shared,
    vault,
    events,
    revocations: { publish: async () => await Promise.resolve() },
    onFault: () => undefined,
    lifetimes: { idleMs: 14 * DAY_MS, absoluteMs: 90 * DAY_MS, perClient: 10 },
  });
  const create = async (sub: string) => {
    const grantId = grants.newGrantId();
    const grant = { clientId: 'client', clientName: null, sub, resource: 'r', scope: [] };
    await grants.create(grantId, grant, 'handle');
    clock.advance(1);
    return grantId;
  };
  return { clock, store, retirements, grants, create, ended };
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
    const [id = ''] = await store.membersUntil(keys.retirementsDue(), clock.now(), 1);
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
    const [broken, whole] = [keys.retirementsDue(), keys.grantsDue()];
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
