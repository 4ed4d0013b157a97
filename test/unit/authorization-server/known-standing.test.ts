import { describe, expect, it, onTestFinished } from 'vitest';
import { createKnownStandings } from '../../../gateway/authorization-server/membership/known-standing.ts';
import type { AccessRequirement } from '../../../shared/policy/index.ts';
import { openSqliteStore } from '../../../shared/store/index.ts';
import { parseKeyRing } from '../../../shared/vault/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const MINUTE = 60_000;
const gatewayRing = parseKeyRing(`g1:${Buffer.alloc(32, 1).toString('base64url')}`);
const rule = (organization: string) => ({ organization, team: null });
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
  return { clock, under };
}

describe('what is known of an account (design §6)', () => {
  it('is fresh, then stale, then nothing', async () => {
    const { clock, under } = await open();
    const known = under(NONE);
    expect(await known.read('sub')).toBe('unknown');
    await known.remember('sub', clock.now());
    expect(await known.read('sub')).toBe('fresh');
    clock.advance(16 * MINUTE);
    expect(await known.read('sub')).toBe('stale');
    clock.advance(45 * MINUTE);
    expect(await known.read('sub')).toBe('unknown');
  });

  it.each([
    [{ organizations: [rule('acme')], requireMfa: false }],
    [{ organizations: [], requireMfa: true }],
  ] as const)('counts for nothing once the operator asks for %j', async (requirement) => {
    const { clock, under } = await open();
    await under(NONE).remember('sub', clock.now());
    expect(await under(requirement).read('sub')).toBe('unknown');
  });

  it('is the same whatever the order of the rules', async () => {
    const { clock, under } = await open();
    const [one, two] = [rule('acme'), rule('globex')];
    await under({ organizations: [one, two], requireMfa: false }).remember('sub', clock.now());
    expect(await under({ organizations: [two, one], requireMfa: false }).read('sub')).toBe('fresh');
  });

  it('is gone when it was forgotten', async () => {
    const { clock, under } = await open();
    const known = under(NONE);
    await known.remember('sub', clock.now());
    await known.forget('sub');
    expect(await known.read('sub')).toBe('unknown');
  });
});
