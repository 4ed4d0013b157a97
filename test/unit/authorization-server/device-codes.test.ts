import { expect, it, onTestFinished } from 'vitest';
import { createDeviceCodes } from '../../../gateway/authorization-server/token/device-codes.ts';
import { openSqliteStore, StoreUnavailableError } from '../../../shared/store/index.ts';
import { parseKeyRing } from '../../../shared/vault/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const gatewayRing = parseKeyRing(`g1:${Buffer.alloc(32, 1).toString('base64url')}`);

it('of two decisions about one device code one is refused, and the other is what stands (RFC 8628 §5.4)', async () => {
  const clock = fakeClock();
  const store = await openSqliteStore({ folder: temporaryFolder(), clock });
  onTestFinished(store.close);
  const deviceCodes = createDeviceCodes({ store, gatewayRing, now: clock.now });
  const payload = { kind: 'DeviceCode', clientId: 'client', userCode: 'BCDFGHJK' };
  await deviceCodes.save('code', payload, 600);
  const people = ['one', 'two'];
  const decided = await Promise.allSettled(
    people.map(async (accountId) => {
      await deviceCodes.save('code', { ...payload, accountId, grantId: accountId }, 600);
    }),
  );
  const refused = decided.filter((each) => each.status === 'rejected');
  expect(refused.map(({ reason }) => reason as unknown)).toEqual([expect.any(StoreUnavailableError)]);
  const winner = people[decided.findIndex(({ status }) => status === 'fulfilled')];
  expect((await deviceCodes.find('code'))?.data.payload.accountId).toBe(winner);
});
