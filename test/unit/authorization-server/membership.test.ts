import { expect, it, vi } from 'vitest';
import type { AccessVerdict } from '../../../gateway/standing/ask-github.ts';
import { createKnownStandings } from '../../../gateway/standing/known-standing.ts';
import { createMembership } from '../../../gateway/standing/membership.ts';
import { GITHUB_APP, GITHUB_HOST, openPeopleRooms } from '../../support/people-rooms.ts';

const requirement = { organizations: [{ organization: 'acme', id: null, team: null }], requireMfa: false };
const token = {
  accessToken: 'gho_one',
  accessTokenExpiresAt: null,
  refreshToken: null,
  refreshTokenExpiresAt: null,
};

/** A person with one live grant. Each question to GitHub waits until the test answers it. */
async function open() {
  const { gateway } = await openPeopleRooms();
  const { store, gatewayRing, clock, events, grants, vault, reader, ended } = gateway();
  const sub = 'person';
  const grantId = grants.newGrantId();
  const identity = { githubHost: GITHUB_HOST, sub, app: GITHUB_APP, scopes: [] };
  const { handle } = await vault.acquire(identity, token, grants.firstHold(grantId));
  await grants.create(grantId, { clientId: 'c', clientName: null, sub, resource: 'r', scope: [] }, handle);
  const questions: ((verdict: AccessVerdict) => void)[] = [];
  const known = createKnownStandings({
    store,
    gatewayRing,
    clock,
    githubHost: GITHUB_HOST,
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
    reader,
    freshen: async () => {
      const standing = await vault.describe(handle, grantId);
      if (standing === undefined) throw new Error('the grant holds nothing');
      return standing;
    },
    endSuspended: () => Promise.reject(new Error('nobody is suspended')),
    settleRefusal: () => Promise.reject(new Error('nothing is refused')),
    events,
  });
  return { membership, known, questions, ended, holder: { sub, grantId, handle } };
}

it('asks GitHub anew after a webhook, whatever is under way, and keeps no older yes', async () => {
  const { membership, known, questions, ended, holder } = await open();
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
  expect(ended).toEqual([holder.grantId]);
  questions[0]?.({ outcome: 'allowed' });
  await issuing;
  expect(await known.read(holder.sub)).toMatchObject({ age: 'unknown' });
});
