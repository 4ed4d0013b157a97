import { describe, expect, it, onTestFinished } from 'vitest';
import { createGrants } from '../../../gateway/grants/grants.ts';
import { createEventBus } from '../../../shared/ops/index.ts';
import { keys, openSqliteStore, StoreUnavailableError } from '../../../shared/store/index.ts';
import { createCredentialVault } from '../../../gateway/credentials/credential-vault.ts';
import { createRetirements } from '../../../gateway/credentials/retirements.ts';
import { parseKeyRing } from '../../../shared/vault/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { interruptedStore, momentsOf } from '../../support/interrupted-store.ts';
import { DAY_MS, MINUTE_MS } from '../../support/movable-clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const ring = (name: string, byte: number) =>
  parseKeyRing(`${name}:${Buffer.alloc(32, byte).toString('base64url')}`);
const gatewayRing = ring('g1', 1);
const githubHost = 'github.com';
const identity = { githubHost, sub: 'person', app: 'app', scopes: [] };
const token = {
  accessToken: 'gho_one',
  accessTokenExpiresAt: null,
  refreshToken: null,
  refreshTokenExpiresAt: null,
};
/** More than an end takes. */
const OPERATIONS = 16;

/** A gateway on a store that all gateways share. */
async function open() {
  const clock = fakeClock();
  const under = await openSqliteStore({ folder: temporaryFolder(), clock });
  onTestFinished(under.close);
  const gateway = () => {
    const { store, interrupt } = interruptedStore(under);
    const retirements = createRetirements({ store, gatewayRing, clock });
    const shared = { store, gatewayRing, githubHost, clock };
    const vault = createCredentialVault({ ...shared, vaultRing: ring('v1', 2), retirements, graceMs: 0 });
    const published: string[] = [];
    const grants = createGrants({
      ...shared,
      vault,
      events: createEventBus(),
      revocations: {
        publish: async (entry) => {
          await Promise.resolve();
          if (entry.kind === 'grant') published.push(entry.id);
        },
      },
      onFault: () => undefined,
      lifetimes: { idleMs: 14 * DAY_MS, absoluteMs: 90 * DAY_MS, perClient: 10 },
    });
    return { interrupt, retirements, vault, grants, published };
  };
  return { clock, under, gateway };
}

type Gateway = ReturnType<Awaited<ReturnType<typeof open>>['gateway']>;

/** A live grant that holds a credential. */
async function signIn({ grants, vault }: Pick<Gateway, 'grants' | 'vault'>) {
  const grantId = grants.newGrantId();
  const { handle } = await vault.acquire(identity, token, grants.firstHold(grantId));
  const grant = { clientId: 'client', clientName: null, sub: 'person', resource: 'r', scope: [] };
  await grants.create(grantId, grant, handle);
  return { grantId, handle };
}

describe('the end of a grant whose gateway dies, or whose store goes away, halfway', () => {
  it.each(momentsOf(OPERATIONS))(
    'is finished by another gateway, if it was begun: $when operation $operation',
    async ({ operation, when }) => {
      const { clock, under, gateway } = await open();
      const [dying, other] = [gateway(), gateway()];
      const { grantId, handle } = await signIn(dying);
      dying.interrupt(operation, when);
      await dying.grants.end(grantId, 'revoked_by_person').catch((error: unknown) => {
        expect(error).toBeInstanceOf(StoreUnavailableError);
      });
      clock.advance(MINUTE_MS);
      const isLive = (await other.grants.find(grantId)) !== undefined;
      await other.grants.sweep();
      const deleted: string[] = [];
      await other.retirements.sweep((accessToken) => Promise.resolve(deleted.push(accessToken)));
      const heldUntil = (await other.vault.describe(handle, grantId))?.heldUntil;
      if (isLive) {
        expect({ deleted, isHeld: heldUntil !== undefined }).toEqual({ deleted: [], isHeld: true });
        expect(await under.membersUntil(keys.grantsDue(), Number.MAX_SAFE_INTEGER, 10)).toEqual([grantId]);
        return;
      }
      expect([...dying.published, ...other.published]).toContain(grantId);
      expect({ deleted, isHeld: heldUntil !== undefined }).toEqual({ deleted: ['gho_one'], isHeld: false });
      expect(await under.membersUntil(keys.grantsDue(), Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
    },
  );
});

describe('ends that a failover brought back', () => {
  it('are applied again although the store goes away once more meanwhile', async () => {
    const { under, gateway } = await open();
    const { grants, vault, interrupt } = gateway();
    const [first, second] = [await signIn({ grants, vault }), await signIn({ grants, vault })];
    const before = await Promise.all([first, second].map(({ grantId }) => under.read(keys.grant(grantId))));
    for (const { grantId } of [first, second]) await grants.end(grantId, 'revoked_by_person');
    for (const [index, { grantId }] of [first, second].entries()) {
      const { value = '', expiresAt = null } = before[index] ?? {};
      await under.commit([{ op: 'put', key: keys.grant(grantId), value, expiresAt }]);
      expect(await grants.find(grantId)).toBeDefined();
    }
    interrupt(2, 'before');
    await grants.reapplyEnds();
    expect(await grants.find(first.grantId)).toBeUndefined();
    expect(await grants.find(second.grantId)).toBeUndefined();
  });
});
