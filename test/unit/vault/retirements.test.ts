import { createHash } from 'node:crypto';
import { z } from 'zod';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createRecords, keys, openSqliteStore } from '../../../shared/store/index.ts';
import { createRetirements } from '../../../gateway/credentials/retirements.ts';
import { parseKeyRing, recordMacKeys, seal } from '../../../shared/vault/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const MINUTE = 60_000;
const gatewayRing = parseKeyRing(`g1:${Buffer.alloc(32, 1).toString('base64url')}`);

async function open() {
  const clock = fakeClock();
  const store = await openSqliteStore({ folder: temporaryFolder(), clock });
  onTestFinished(store.close);
  const retirements = createRetirements({ store, githubHost: 'github.com', gatewayRing, clock });
  const asked: (readonly [string, string | null])[] = [];
  const sweep = async () =>
    await retirements.sweep((accessToken, authorizationOf) => {
      asked.push([accessToken, authorizationOf]);
      return Promise.resolve();
    });
  return { clock, store, retirements, asked, sweep };
}

const away = async () => await Promise.reject(new Error('GitHub is away'));

describe('an authorization that is to end at GitHub', () => {
  it('stays one when the grant that used its token lets go of the token', async () => {
    const { clock, retirements, asked, sweep } = await open();
    await retirements.addAuthorization('gho_one', { sub: 'user-1', notBefore: clock.now() });
    await retirements.add('gho_one', clock.now());
    await sweep();
    expect(asked).toEqual([['gho_one', 'user-1']]);
  });

  it('takes over a token that was to be deleted by itself', async () => {
    const { clock, retirements, asked, sweep } = await open();
    await retirements.add('gho_one', clock.now());
    await retirements.addAuthorization('gho_one', { sub: 'user-1', notBefore: clock.now() });
    await sweep();
    expect(asked).toEqual([['gho_one', 'user-1']]);
  });

  it('is left to the request that tries it at once, and to nobody when that succeeded', async () => {
    const { clock, retirements, asked, sweep } = await open();
    await retirements.addAuthorization('gho_one', { sub: 'user-1', notBefore: clock.now() + MINUTE });
    await sweep();
    expect(asked).toEqual([]);
    expect(await retirements.attempt('gho_one', async () => await Promise.resolve('deleted'))).toBe(
      'deleted',
    );
    expect(await retirements.attempt('gho_one', async () => await Promise.resolve('deleted'))).toBe(
      'settled',
    );
    clock.advance(60 * MINUTE);
    await sweep();
    expect(asked).toEqual([]);
  });

  it('is tried again later when GitHub is away', async () => {
    const { clock, retirements, asked, sweep } = await open();
    await retirements.addAuthorization('gho_one', { sub: 'user-1', notBefore: clock.now() });
    expect(await retirements.attempt('gho_one', away)).toBe('postponed');
    await sweep();
    expect(asked).toEqual([]);
    clock.advance(2 * MINUTE);
    expect(await sweep()).toEqual({ deleted: 1, postponed: 0 });
    expect(asked).toEqual([['gho_one', 'user-1']]);
  });
});

it('a retirement that an older gateway wrote is a token to delete', async () => {
  const { clock, store, asked, sweep } = await open();
  const id = createHash('sha256').update('retired gho_old').digest('base64url');
  const shape = z.strictObject({ accessToken: z.string(), attempts: z.int(), since: z.int() });
  const records = createRecords(store, { schema: 1, shape }, recordMacKeys(gatewayRing));
  const context = { purpose: 'retired-token', salt: '', bind: [keys.retirement(id).text] };
  const data = { accessToken: seal(gatewayRing, context, 'gho_old'), attempts: 0, since: clock.now() };
  await store.commit([records.put(keys.retirement(id), data, { expiresAt: null })]);
  await store.addMember(keys.retirementsDue('github.com'), id, clock.now());
  await sweep();
  expect(asked).toEqual([['gho_old', null]]);
});
