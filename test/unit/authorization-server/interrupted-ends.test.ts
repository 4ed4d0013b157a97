import { describe, expect, it } from 'vitest';
import { keys, StoreUnavailableError } from '../../../shared/store/index.ts';
import { momentsOf } from '../../support/interrupted-store.ts';
import { MINUTE_MS } from '../../support/movable-clock.ts';
import type { PeopleRooms } from '../../support/people-rooms.ts';
import { GITHUB_HOST, openPeopleRooms } from '../../support/people-rooms.ts';

const identity = { githubHost: GITHUB_HOST, sub: 'person', app: 'app', scopes: [] };
const token = {
  accessToken: 'gho_one',
  accessTokenExpiresAt: null,
  refreshToken: null,
  refreshTokenExpiresAt: null,
};
/** More than an end takes. */
const OPERATIONS = 16;

/** A live grant that holds a credential. */
async function signIn({ grants, vault }: Pick<PeopleRooms, 'grants' | 'vault'>) {
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
      const { clock, under, gateway } = await openPeopleRooms();
      const [dying, other] = [gateway(), gateway()];
      const { grantId, handle } = await signIn(dying);
      dying.interrupt(operation, when);
      await dying.grants.end(grantId, 'revoked_by_person').catch((error: unknown) => {
        expect(error).toBeInstanceOf(StoreUnavailableError);
      });
      clock.advance(MINUTE_MS);
      const isLive = (await other.grants.find(grantId)) !== undefined;
      await other.grants.sweep();
      // What the sweep lets go of is deleted a moment later.
      clock.advance(MINUTE_MS);
      const deleted: string[] = [];
      await other.retirements.sweep((accessToken) => Promise.resolve(deleted.push(accessToken)));
      const heldUntil = (await other.vault.describe(handle, grantId))?.heldUntil;
      if (isLive) {
        expect({ deleted, isHeld: heldUntil !== undefined }).toEqual({ deleted: [], isHeld: true });
        expect(await under.membersUntil(keys.grantsDue(GITHUB_HOST), Number.MAX_SAFE_INTEGER, 10)).toEqual([
          grantId,
        ]);
        return;
      }
      expect([...dying.published, ...other.published]).toContain(grantId);
      expect({ deleted, isHeld: heldUntil !== undefined }).toEqual({ deleted: ['gho_one'], isHeld: false });
      expect(await under.membersUntil(keys.grantsDue(GITHUB_HOST), Number.MAX_SAFE_INTEGER, 10)).toEqual([]);
    },
  );
});

describe('ends that a failover brought back', () => {
  it('are applied again although the store goes away once more meanwhile', async () => {
    const { under, gateway } = await openPeopleRooms();
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
