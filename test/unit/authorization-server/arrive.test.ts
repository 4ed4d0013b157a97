import { describe, expect, it } from 'vitest';
import { arrive } from '../../../gateway/authorization-server/login/arrive.ts';
import { decide } from '../../../gateway/authorization-server/login/decide.ts';
import type { Interaction } from '../../../gateway/authorization-server/login/interaction.ts';
import type { LoginDeps } from '../../../gateway/authorization-server/login/login.ts';
import type { LoginTransaction } from '../../../gateway/authorization-server/login/login-transaction.ts';
import { fakeClock } from '../../support/fake-clock.ts';

const TOKEN = { accessToken: 'gho_one' };
const transaction = {
  kind: 'login',
  uid: 'uid',
  codeVerifier: 'verifier',
  scopes: ['read:user'],
  shownSub: null,
} as unknown as LoginTransaction;
const interaction = { uid: 'uid', clientId: 'client', resource: 'resource' } as unknown as Interaction;

/** A login in which `fails` does not work; what happens to token and hold is written down. */
function login(fails: 'membership' | 'client' | 'vault', isHeld?: boolean) {
  const done: string[] = [];
  const failIf = async (at: typeof fails) => {
    await Promise.resolve();
    if (at === fails) throw new Error(`${at} failed`);
  };
  const deps = {
    identityProvider: {
      redeem: () => ({ user: { id: 1, login: 'octocat' }, scopes: ['read:user'], token: TOKEN }),
      discard: ({ accessToken }: typeof TOKEN) => done.push(`discard ${accessToken}`),
    },
    accounts: { subjectOf: () => 'person', signedIn: () => 'person' },
    membership: { admit: async () => await failIf('membership') },
    grants: { newGrantId: () => 'grant', firstHold: (grantId: string) => ({ grantId, until: 1 }) },
    vault: {
      acquire: async () => {
        await failIf('vault');
        return { handle: 'handle' };
      },
      withdraw: async () => await (isHeld === undefined ? failIf('vault') : Promise.resolve(isHeld)),
      release: (handle: string, grantId: string) => done.push(`release ${handle} ${grantId}`),
    },
    arrivals: { take: () => ({ sub: 'person', login: 'octocat', grantId: 'grant', handle: 'handle' }) },
    clients: { keepUntil: async () => await failIf('client') },
    clock: fakeClock(),
  } as unknown as LoginDeps;
  return { deps, done };
}

describe('the GitHub token of a sign-in that does not come about', () => {
  it('is deleted when nothing holds it yet', async () => {
    const { deps, done } = login('membership');
    await expect(arrive(deps, interaction, { transaction, code: 'code' })).rejects.toThrow('membership');
    expect(done).toEqual(['discard gho_one']);
  });

  it('is let go of, not deleted, once it is kept: other grants of the person may stand on it', async () => {
    const { deps, done } = login('client');
    await expect(arrive(deps, interaction, { transaction, code: 'code' })).rejects.toThrow('client');
    expect(done).toEqual(['release handle grant']);
  });

  it('is let go of when the second decision of the person cannot be carried out', async () => {
    const { deps, done } = login('client');
    const decision = { subject: {}, answer: { decision: 'allow' } } as Parameters<typeof decide>[2];
    await expect(decide(deps, interaction, decision)).rejects.toThrow('client');
    expect(done).toEqual(['release handle grant']);
  });

  it.each([
    ['is deleted when the store failed before it was kept', false, ['discard gho_one']],
    ['is not deleted when it was kept and only the answer of the store was lost', true, []],
    ['is not deleted while the store does not say whether it was kept', undefined, []],
  ])('%s: other grants of the person may stand on it', async (_name, isHeld, expected) => {
    const { deps, done } = login('vault', isHeld);
    await expect(arrive(deps, interaction, { transaction, code: 'code' })).rejects.toThrow('vault');
    expect(done).toEqual(expected);
  });
});
