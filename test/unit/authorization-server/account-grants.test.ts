import { describe, expect, it, onTestFinished } from 'vitest';
import { MAX_REMEMBERED_GRANTS } from '../../../gateway/grants/account-grants.ts';
import { TOMBSTONE_MS } from '../../../gateway/grants/grant-endings.ts';
import { createGrants } from '../../../gateway/grants/grants.ts';
import { createEventBus } from '../../../shared/ops/index.ts';
import { keys, openSqliteStore } from '../../../shared/store/index.ts';
import { createCredentialVault } from '../../../gateway/credentials/credential-vault.ts';
import { createRetirements } from '../../../gateway/credentials/retirements.ts';
import { parseKeyRing } from '../../../shared/vault/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { DAY_MS } from '../../support/movable-clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const ring = (name: string, byte: number) =>
  parseKeyRing(`${name}:${Buffer.alloc(32, byte).toString('base64url')}`);
const gatewayRing = ring('g1', 1);
const githubHost = 'github.com';
const index = keys.accountGrants(githubHost, 'person');

async function open() {
  const clock = fakeClock();
  const store = await openSqliteStore({ folder: temporaryFolder(), clock });
  onTestFinished(store.close);
  const retirements = createRetirements({ store, githubHost, gatewayRing, clock });
  const shared = { store, gatewayRing, githubHost, clock };
  const vault = createCredentialVault({ ...shared, vaultRing: ring('v1', 2), retirements, graceMs: 0 });
  const faults: unknown[] = [];
  let reads = 0;
  const counting = {
    ...store,
    read: async (key: Parameters<typeof store.read>[0]) => ((reads += 1), await store.read(key)),
  };
  const grants = createGrants({
    ...shared,
    store: counting,
    vault,
    events: createEventBus(),
    revocations: { publish: async () => await Promise.resolve() },
    onFault: (error) => faults.push(error),
    lifetimes: { idleMs: 14 * DAY_MS, absoluteMs: 90 * DAY_MS, perClient: 10 },
  });
  const create = async (clientId = 'client') => {
    const grantId = grants.newGrantId();
    const grant = { clientId, clientName: null, sub: 'person', resource: 'r', scope: [] };
    await grants.create(grantId, grant, 'handle');
    clock.advance(1);
    return grantId;
  };
  const listed = async () => (await grants.listOf('person')).map(({ grantId }) => grantId);
  /** Entries that name no grant: what a crash leaves behind, and as good as a tombstone here. */
  const fill = async (count: number) => {
    for (let each = 0; each < count; each += 1)
      await store.addMember(index, `filler-${String(each)}`, clock.now() + DAY_MS + each);
  };
  const countReads = async (task: () => Promise<unknown>) => {
    const before = reads;
    await task();
    return reads - before;
  };
  return { clock, store, faults, grants, create, listed, fill, countReads };
}

describe('the grants of one account', () => {
  it('list a live one however many ended before', async () => {
    const { create, listed, fill } = await open();
    await fill(1_200);
    const live = await create();
    expect(await listed()).toEqual([live]);
  });

  it('are listed and leave a sign-in possible when one was altered, which is reported', async () => {
    const { store, faults, create, listed } = await open();
    const [altered, live] = [await create(), await create()];
    const value = `3.g1.${'A'.repeat(43)}.{}`;
    await store.commit([{ op: 'put', key: keys.grant(altered), value, expiresAt: null }]);
    expect(await listed()).toEqual([live]);
    expect(faults).toMatchObject([{ name: 'RecordRefusedError' }]);
    const next = await create();
    expect(await listed()).toEqual([next, live]);
  });

  it('forget an ended one when its time line is over, not when it would have ended by age', async () => {
    const { clock, store, grants, create } = await open();
    await grants.end(await create(), 'revoked_by_person');
    clock.advance(TOMBSTONE_MS);
    expect(await store.membersUntil(index, clock.now(), 10)).toHaveLength(1);
    const live = await create();
    expect(await store.membersUntil(index, Number.MAX_SAFE_INTEGER, 10)).toEqual([live]);
  });

  it('show an ended one with its reason until then', async () => {
    const { clock, grants, create } = await open();
    const grantId = await create();
    await grants.end(grantId, 'revoked_by_person');
    clock.advance(TOMBSTONE_MS - 2);
    await create();
    expect(await grants.listOf('person')).toMatchObject([
      { grant: { ended: null } },
      { grantId, grant: { ended: { reason: 'revoked_by_person' } } },
    ]);
  });

  it('are never more than are listed: the first to be forgotten goes early, and no live one with it', async () => {
    const { store, create, listed, fill } = await open();
    const first = await create('one');
    await fill(MAX_REMEMBERED_GRANTS - 1);
    const second = await create('two');
    expect(await store.countMembers(index)).toBe(MAX_REMEMBERED_GRANTS);
    expect((await listed()).toSorted()).toEqual([first, second].toSorted());
  });

  it('cost a sign-in no look at those that ended', async () => {
    const { grants, create, countReads } = await open();
    for (let each = 0; each < 20; each += 1) await grants.end(await create(), 'revoked_by_person');
    const live = [await create(), await create()];
    expect(await countReads(async () => await create())).toBeLessThanOrEqual(live.length);
  });

  it('beyond the cap end at the next sign-in, whatever ended before (the cap is per client)', async () => {
    const { grants, create, listed, fill } = await open();
    await fill(1_200);
    const oldest = await create();
    for (let each = 0; each < 9; each += 1) await create();
    await create('another');
    expect(await grants.find(oldest)).toBeDefined();
    await create();
    expect(await grants.find(oldest)).toBeUndefined();
    expect(await listed()).toHaveLength(12);
  });
});
