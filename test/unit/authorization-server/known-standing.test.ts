import { describe, expect, it, onTestFinished } from 'vitest';
import type { KnownStandings } from '../../../gateway/standing/known-standing.ts';
import { createKnownStandings } from '../../../gateway/standing/known-standing.ts';
import type { AccessRequirement } from '../../../gateway/standing/rules/access.ts';
import { keys, openSqliteStore } from '../../../shared/store/index.ts';
import { parseKeyRing } from '../../../shared/vault/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const MINUTE = 60_000;
const gatewayRing = parseKeyRing(`g1:${Buffer.alloc(32, 1).toString('base64url')}`);
const rule = (organization: string) => ({ organization, id: null, team: null });
const NONE: AccessRequirement = { organizations: [], requireMfa: false };

async function open() {
  const clock = fakeClock();
  const store = await openSqliteStore({ folder: temporaryFolder(), clock });
  onTestFinished(store.close);
  const under = (requirement: AccessRequirement) =>
    createKnownStandings({
      store,
      gatewayRing,
      clock,
      githubHost: 'github.com',
      requirement,
      maxAgeMs: 15 * MINUTE,
    });
  return { clock, store, under };
}

/** A yes that was asked for now. */
async function learn(known: KnownStandings, checkedAt: number) {
  const { asOf } = await known.read('sub');
  await known.remember('sub', { checkedAt, asOf });
}

describe('what is known of an account', () => {
  it('is fresh, then stale, then nothing', async () => {
    const { clock, under } = await open();
    const known = under(NONE);
    expect(await known.read('sub')).toMatchObject({ age: 'unknown' });
    await learn(known, clock.now());
    expect(await known.read('sub')).toMatchObject({ age: 'fresh' });
    clock.advance(16 * MINUTE);
    expect(await known.read('sub')).toMatchObject({ age: 'stale' });
    clock.advance(45 * MINUTE);
    expect(await known.read('sub')).toMatchObject({ age: 'unknown' });
  });

  it.each([
    [{ organizations: [rule('acme')], requireMfa: false }],
    [{ organizations: [], requireMfa: true }],
  ] as const)('counts for nothing once the operator asks for %j', async (requirement) => {
    const { clock, under } = await open();
    await learn(under(NONE), clock.now());
    expect(await under(requirement).read('sub')).toMatchObject({ age: 'unknown' });
  });

  it('is the same whatever the order of the rules', async () => {
    const { clock, under } = await open();
    const [one, two] = [rule('acme'), rule('globex')];
    await learn(under({ organizations: [one, two], requireMfa: false }), clock.now());
    expect(await under({ organizations: [two, one], requireMfa: false }).read('sub')).toMatchObject({
      age: 'fresh',
    });
  });

  it('is gone when it was forgotten', async () => {
    const { clock, under } = await open();
    const known = under(NONE);
    await learn(known, clock.now());
    await known.forget('sub');
    expect(await known.read('sub')).toMatchObject({ age: 'unknown' });
  });

  it.each(['nothing was known', 'something was known'])(
    'is not what was asked before another gateway forgot it, when %s',
    async (before) => {
      const { clock, under } = await open();
      const [here, there] = [under(NONE), under(NONE)];
      if (before === 'something was known') await learn(here, clock.now());
      const { asOf } = await here.read('sub');
      await there.forget('sub');
      // The clock of a gateway may be ahead: it is not what decides.
      await here.remember('sub', { checkedAt: clock.now() + MINUTE / 2, asOf });
      expect(await here.read('sub')).toMatchObject({ age: 'unknown' });
    },
  );

  it('is learned again by a question put after it was forgotten', async () => {
    const { clock, under } = await open();
    const known = under(NONE);
    await known.forget('sub');
    await learn(known, clock.now());
    expect(await known.read('sub')).toMatchObject({ age: 'fresh' });
  });

  it('is nothing when its record was altered, which keeps nobody from learning it again', async () => {
    const { clock, store, under } = await open();
    const known = under(NONE);
    await learn(known, clock.now());
    const value = `1.g1.${'A'.repeat(43)}.{}`;
    await store.commit([{ op: 'put', key: keys.membership('github.com', 'sub'), value, expiresAt: null }]);
    expect(await known.read('sub')).toMatchObject({ age: 'unknown' });
    await learn(known, clock.now());
    expect(await known.read('sub')).toMatchObject({ age: 'fresh' });
  });
});
