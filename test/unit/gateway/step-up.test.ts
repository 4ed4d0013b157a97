import { describe, expect, it, onTestFinished } from 'vitest';
import { createStepUps } from '../../../gateway/call/step-up.ts';
import type { AccessTokenClaims } from '../../../shared/access-token/index.ts';
import type { Store } from '../../../shared/store/index.ts';
import { keys, openSqliteStore, StoreUnavailableError } from '../../../shared/store/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const HOUR_MS = 3_600_000;
const anyScope = () => true;
const OFFERED = ['repo', 'read:user', 'read:org'];

function claimsOf(of: Partial<AccessTokenClaims> = {}): AccessTokenClaims {
  const identity = { iss: 'i', sub: 'person', aud: 'https://g.example/mcp', client_id: 'client' };
  return { ...identity, scope: 'read:user', jti: 'j', iat: 0, exp: 1, gid: 'g', cred: 'c', cv: 1, ...of };
}

/** Two gateways with one store. */
async function twoGateways() {
  const clock = fakeClock();
  const store = await openSqliteStore({ folder: temporaryFolder(), clock });
  onTestFinished(store.close);
  const make = (of: Store) => createStepUps({ offered: OFFERED, store: of, clock });
  return { one: make(store), other: make(store), clock, store, make };
}

describe('the question for more scope', () => {
  it('may be asked for every scope that is offered and not held', async () => {
    const { one } = await twoGateways();
    expect(one.mayAsk(claimsOf(), anyScope)).toEqual(['repo', 'read:org']);
    expect(one.mayAsk(claimsOf({ scope: '' }), anyScope)).toEqual(OFFERED);
  });

  it('goes to one of two gateways, and the other remembers it too', async () => {
    const { one, other } = await twoGateways();
    const claims = claimsOf();
    const claimed = await Promise.all(
      [one, other].map(async (each) => await each.claimQuestion(claims, ['repo'])),
    );
    expect(claimed.toSorted()).toEqual([false, true]);
    for (const each of [one, other]) {
      expect(each.mayAsk(claims, anyScope)).toEqual(['read:org']);
      expect(await each.claimQuestion(claims, ['repo'])).toBe(false);
    }
  });

  it.each([
    ['person', { sub: 'another' }],
    ['client', { client_id: 'another' }],
    ['resource', { aud: 'https://g.example/another' }],
  ])('is one for each %s', async (_title, of) => {
    const { one, other } = await twoGateways();
    await one.claimQuestion(claimsOf(), ['repo']);
    expect(one.mayAsk(claimsOf(of), anyScope)).toContain('repo');
    expect(await other.claimQuestion(claimsOf(of), ['repo'])).toBe(true);
  });

  it('for two scopes is asked when one of them was not asked for', async () => {
    const { one, other } = await twoGateways();
    await one.claimQuestion(claimsOf(), ['repo']);
    expect(await other.claimQuestion(claimsOf(), ['repo', 'read:org'])).toBe(true);
    expect(await one.claimQuestion(claimsOf(), ['repo', 'read:org'])).toBe(false);
  });

  it('comes again an hour after it was asked, also where another gateway had asked it', async () => {
    const { one, other, clock } = await twoGateways();
    await one.claimQuestion(claimsOf(), ['repo']);
    clock.advance(HOUR_MS / 2);
    await other.claimQuestion(claimsOf(), ['repo']);
    clock.advance(HOUR_MS / 2 - 1);
    for (const each of [one, other]) expect(each.mayAsk(claimsOf(), anyScope)).not.toContain('repo');
    clock.advance(1);
    for (const each of [one, other]) expect(each.mayAsk(claimsOf(), anyScope)).toContain('repo');
    expect(await other.claimQuestion(claimsOf(), ['repo'])).toBe(true);
  });

  it('is asked once by each gateway while the store is away', async () => {
    const { store, make } = await twoGateways();
    const commit = async () => await Promise.reject(new StoreUnavailableError('away'));
    for (const each of [make({ ...store, commit }), make({ ...store, commit })]) {
      expect(await each.claimQuestion(claimsOf(), ['repo'])).toBe(true);
      expect(each.mayAsk(claimsOf(), anyScope)).toEqual(['read:org']);
      expect(await each.claimQuestion(claimsOf(), ['repo'])).toBe(false);
    }
  });

  it('is stored under a hash, without the names of person and client', async () => {
    const { one, store } = await twoGateways();
    await one.claimQuestion(claimsOf(), ['repo']);
    const of = { sub: 'person', clientId: 'client', resource: 'https://g.example/mcp', scope: 'repo' };
    const key = keys.stepUpQuestion(of);
    expect(key.text).not.toMatch(/person|client|repo/);
    expect((await store.read(key))?.value).toBe('');
  });
});
