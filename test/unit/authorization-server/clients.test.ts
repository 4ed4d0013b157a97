import { describe, expect, it, onTestFinished } from 'vitest';
import { createClients } from '../../../gateway/clients/clients.ts';
import { keys, openSqliteStore } from '../../../shared/store/index.ts';
import type { Store } from '../../../shared/store/index.ts';
import { parseKeyRing } from '../../../shared/vault/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { DAY_MS } from '../../support/movable-clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const gatewayRing = parseKeyRing(`g1:${Buffer.alloc(32, 1).toString('base64url')}`);

async function open(around: (store: Store) => Store = (store) => store) {
  const clock = fakeClock();
  const store = await openSqliteStore({ folder: temporaryFolder(), clock });
  onTestFinished(store.close);
  const clients = createClients({ store: around(store), gatewayRing, clock, maxUnused: 2 });
  const register = async (clientId: string) => {
    await clients.register(clientId, { client_id: clientId });
    clock.advance(1);
  };
  const isKnown = async (clientId: string) =>
    (await clients.records.read(keys.client(clientId))) !== undefined;
  return { clock, clients, register, isKnown };
}

describe('a client that is in use (README, clients)', () => {
  it('is not evicted as unused because it was registered a second time within moments', async () => {
    const { clock, clients, register, isKnown } = await open();
    await register('used');
    await clients.keepUntil('used', clock.now() + 90 * DAY_MS);
    await register('used');
    for (const stranger of ['a', 'b', 'c', 'd']) await register(stranger);
    expect(await isKnown('used')).toBe(true);
    expect(await isKnown('a')).toBe(false);
  });

  it('is not evicted when it is used for the first time while room is made', async () => {
    let meanwhile = async () => await Promise.resolve();
    const { clock, clients, register, isKnown } = await open((store) => ({
      ...store,
      membersUntil: async (key, until, limit) => {
        const members = await store.membersUntil(key, until, limit);
        if (members.includes('used')) await meanwhile();
        return members;
      },
    }));
    for (const each of ['used', 'a']) await register(each);
    meanwhile = async () => {
      await clients.keepUntil('used', clock.now() + 90 * DAY_MS);
    };
    await register('b');
    expect(await isKnown('used')).toBe(true);
  });
});
