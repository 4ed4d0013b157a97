import { expect, it, onTestFinished, vi } from 'vitest';
import type { Grants } from '../../../gateway/grants/grants.ts';
import type { AccessVerdict } from '../../../gateway/standing/ask-github.ts';
import { createKnownStandings } from '../../../gateway/standing/known-standing.ts';
import { createMembership } from '../../../gateway/standing/membership.ts';
import { createEventBus } from '../../../shared/ops/index.ts';
import { openSqliteStore } from '../../../shared/store/index.ts';
import { parseKeyRing } from '../../../shared/vault/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const requirement = { organizations: [{ organization: 'acme', id: null, team: null }], requireMfa: false };
const gatewayRing = parseKeyRing(`g1:${Buffer.alloc(32, 1).toString('base64url')}`);
const holder = { sub: 'person', grantId: 'grant', handle: 'handle' };

/** A person with one live grant. Each question to GitHub waits until the test answers it. */
async function open() {
  const clock = fakeClock();
  const store = await openSqliteStore({ folder: temporaryFolder(), clock });
  onTestFinished(store.close);
  const questions: ((verdict: AccessVerdict) => void)[] = [];
  const end = vi.fn<Grants['end']>(async () => await Promise.resolve());
  const grant = { ended: null, idleEndsAt: clock.now() + 1e9, endsAt: clock.now() + 1e9 };
  const grants = {
    listOf: async () => await Promise.resolve([{ grantId: holder.grantId, grant }]),
    handleOf: () => holder.handle,
    end,
  } as unknown as Grants;
  const known = createKnownStandings({
    store,
    gatewayRing,
    clock,
    githubHost: 'github.com',
    requirement,
    maxAgeMs: 900_000,
  });
  const membership = createMembership({
    requirement,
    known,
    grants,
    clock,
    askGitHub: async () =>
      await new Promise((resolve) => {
        questions.push(resolve);
      }),
    reader: {
      read: async () => await Promise.resolve({ ok: true, accessToken: 'token', version: 1 }),
    } as unknown as Parameters<typeof createMembership>[0]['reader'],
    freshen: async () => await Promise.resolve({} as never),
    endSuspended: async () => await Promise.resolve(),
    settleRefusal: async () => await Promise.resolve('ended' as const),
    events: createEventBus(),
  });
  return { membership, known, questions, end };
}

it('asks GitHub anew after a webhook, whatever is under way, and keeps no older yes', async () => {
  const { membership, known, questions, end } = await open();
  const issuing = membership.require(holder);
  await vi.waitFor(() => {
    expect(questions).toHaveLength(1);
  });
  const rechecking = membership.recheck(holder.sub);
  await vi.waitFor(() => {
    expect(questions).toHaveLength(2);
  });
  questions[1]?.({ outcome: 'denied', reason: 'two_factor_off' });
  await rechecking;
  expect(end).toHaveBeenCalledWith(holder.grantId, 'access_denied_by_policy');
  questions[0]?.({ outcome: 'allowed' });
  await issuing;
  expect(await known.read(holder.sub)).toMatchObject({ age: 'unknown' });
});
