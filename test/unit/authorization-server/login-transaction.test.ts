import { z } from 'zod';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  createLoginTransactions,
  isBoundToBrowser,
} from '../../../gateway/authorization-server/login/login-transaction.ts';
import { createRecords, keys, openSqliteStore } from '../../../shared/store/index.ts';
import { parseKeyRing, recordMacKeys } from '../../../shared/vault/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const gatewayRing = parseKeyRing(`g1:${Buffer.alloc(32, 1).toString('base64url')}`);
const consent = { uid: 'u', clientId: 'c', scopes: ['read:user'], shownSub: null };

async function open() {
  const clock = fakeClock();
  const store = await openSqliteStore({ folder: temporaryFolder(), clock });
  onTestFinished(store.close);
  return { clock, store, transactions: createLoginTransactions({ store, gatewayRing, clock }) };
}

describe('a way to GitHub and back', () => {
  it('comes back as what it set out for, once', async () => {
    const { transactions } = await open();
    const login = await transactions.start(consent);
    const account = await transactions.startAccountSignIn();
    expect(await transactions.take(account.state)).toMatchObject({ kind: 'account' });
    expect(await transactions.take(account.state)).toBeUndefined();
    expect(await transactions.take(login.state)).toMatchObject({ kind: 'login', ...consent });
    expect(await transactions.take(login.state)).toBeUndefined();
  });

  it('is the same for a consent form sent twice, and another for every sign-in at the account page', async () => {
    const { transactions } = await open();
    expect(await transactions.start(consent)).toEqual(await transactions.start(consent));
    const [first, second] = [
      await transactions.startAccountSignIn(),
      await transactions.startAccountSignIn(),
    ];
    expect(first.state).not.toBe(second.state);
    expect(first.cookie.value).not.toBe(second.cookie.value);
    expect(first.codeChallenge).not.toBe(second.codeChallenge);
  });

  it('is bound to the cookie it was started with', async () => {
    const { transactions } = await open();
    const { state, cookie } = await transactions.startAccountSignIn();
    const other = await transactions.startAccountSignIn();
    const taken = await transactions.take(state);
    if (taken === undefined) throw new Error('the transaction is gone');
    expect(isBoundToBrowser(taken, cookie.value)).toBe(true);
    expect(isBoundToBrowser(taken, other.cookie.value)).toBe(false);
    expect(isBoundToBrowser(taken, undefined)).toBe(false);
  });

  it('that an older gateway started is a login', async () => {
    const { store, clock, transactions } = await open();
    const data = { ...consent, codeVerifier: 'v', cookieDigest: 'd' };
    const records = createRecords(store, { schema: 1, shape: z.any() }, recordMacKeys(gatewayRing));
    const expiresAt = clock.now() + 60_000;
    await store.commit([records.put(keys.loginTransaction('state'), data, { expiresAt })]);
    expect(await transactions.take('state')).toEqual({ kind: 'login', ...data });
  });
});
