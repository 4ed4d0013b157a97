import { describe, expect, it } from 'vitest';
import type { LoginDeps } from '../../../gateway/authorization-server/login/login.ts';
import { createConsent } from '../../../gateway/authorization-server/login/consent.ts';
import { createLoginRecords } from '../../../gateway/authorization-server/login/login-record.ts';
import type { Interaction } from '../../../gateway/authorization-server/login/interaction.ts';
import type { Happened } from '../../../gateway/authorization-server/login/next-step.ts';
import { goOn } from '../../../gateway/authorization-server/login/steps.ts';
import { createCredentialSource } from '../../../gateway/credentials/credential-source.ts';
import { keys, StoreUnavailableError } from '../../../shared/store/index.ts';
import { LoginFailure } from '../../../gateway/standing/index.ts';
import { momentsOf } from '../../support/interrupted-store.ts';
import { GITHUB_APP, GITHUB_HOST, openPeopleRooms } from '../../support/people-rooms.ts';

const ACCOUNT = { id: 1, login: 'octocat' };
const ISSUED = {
  scopes: ['read:user'],
  token: {
    accessToken: 'gho_one',
    accessTokenExpiresAt: null,
    refreshToken: null,
    refreshTokenExpiresAt: null,
  },
};
/** More than a login takes after GitHub. */
const OPERATIONS = 24;

const interaction: Interaction = {
  uid: 'uid',
  clientId: 'client',
  resource: 'resource',
  scopes: ['read:user'],
  prompts: [],
  sessionSub: undefined,
  answersTo: () => Promise.resolve({ redirectUri: 'http://127.0.0.1/' }),
  session: () => Promise.resolve(undefined),
  leaveSession: () => Promise.resolve(),
  finish: () => Promise.resolve('/authorize/uid'),
};

/** A gateway whose person has just come back from the provider, with `shownSub` as the consent page had it. */
async function open(
  of: { shownSub?: string; refusal?: LoginFailure; keepClient?: () => Promise<void> } = {},
) {
  const { under, gateway } = await openPeopleRooms();
  const rooms = gateway();
  const deps: LoginDeps = {
    interactions: {
      current: () => Promise.reject(new Error('not asked')),
      find: () => Promise.resolve(interaction),
      clientNameOf: () => Promise.resolve('Client'),
    },
    accounts: rooms.accounts,
    clients: { keepUntil: of.keepClient ?? (() => Promise.resolve()) },
    grants: rooms.grants,
    credentials: rooms.source,
    records: createLoginRecords(rooms),
    consent: createConsent({ gatewayRing: rooms.gatewayRing, githubHost: GITHUB_HOST }),
    identityProvider: {
      callbackParameters: ['state'],
      wayOut: () => 'https://github.com/login',
      redeem: () =>
        Promise.resolve({
          identity: { subject: '1', login: 'octocat' },
          account: ACCOUNT,
          credential: ISSUED,
        }),
    },
    membership: {
      admit: async () => await (of.refusal === undefined ? Promise.resolve() : Promise.reject(of.refusal)),
      isFresh: () => Promise.resolve(true),
    },
    scopes: { allowed: ['read:user'], baseline: ['read:user'], required: [] },
    grantTtlMs: 1_000_000,
    clock: rooms.clock,
    events: rooms.events,
  };
  const way = {
    at: 'provider',
    for: 'login',
    uid: 'uid',
    scopes: ['read:user'],
    shownSub: of.shownSub ?? null,
    stateDigest: '',
    codeVerifier: '',
    cookieDigest: '',
  } as const;
  const callback = { parameters: new URLSearchParams(), codeVerifier: '' };
  const cameBack: Happened = { what: 'came_back', way, callback };
  /** Whether GitHub's token is alive in the vault, for any grant to stand on. */
  const isKept = async () => {
    const sub = rooms.accounts.subjectOf(ACCOUNT.id);
    const identity = { githubHost: GITHUB_HOST, sub, app: GITHUB_APP, scopes: ISSUED.scopes };
    return (await rooms.vault.share(identity, rooms.grants.firstHold('looks'))) !== undefined;
  };
  const isRetired = async () =>
    (await under.membersUntil(keys.retirementsDue(GITHUB_HOST), Infinity, 10)).length > 0;
  return { ...rooms, deps, cameBack, isKept, isRetired };
}

describe('the GitHub token of a sign-in that does not come about', () => {
  it.each([
    ['nobody was named on the page', undefined],
    ['somebody else was named', 'somebody-else'],
  ])(
    'never stays alive without anybody who knows of it, and never dies under a grant, whatever operation of the store fails: %s',
    async (_name, shownSub) => {
      let failed = 0;
      for (const { operation, when } of momentsOf(OPERATIONS)) {
        const place = await open(shownSub === undefined ? {} : { shownSub });
        place.interrupt(operation, when);
        const outcome = await goOn(place.deps, interaction, place.cameBack).catch((error: unknown) => error);
        const isHit = place.heal();
        const at = `${when} operation ${String(operation)}`;
        if (outcome instanceof Error) expect(outcome, at).toBeInstanceOf(StoreUnavailableError);
        if (outcome instanceof Error) failed += 1;
        const isDeleted = place.deletedAtGitHub.length > 0 || (await place.isRetired());
        const isKept = await place.isKept();
        expect(isDeleted || isKept, `${at}: nobody knows of it`).toBe(true);
        expect(isDeleted && isKept, `${at}: it is deleted under a grant`).toBe(false);
        if (!(outcome instanceof Error)) expect(isKept, at).toBe(true);
        if (!isHit) break;
      }
      // A login of fewer operations than are tried: all of its moments were.
      expect(failed).toBeGreaterThan(3);
    },
  );

  it('is deleted when the person may not be here', async () => {
    const refusal = new LoginFailure('access_denied', 'policy_organization');
    const { deps, cameBack, deletedAtGitHub, isKept } = await open({ refusal });
    await goOn(deps, interaction, cameBack);
    expect(deletedAtGitHub).toEqual(['gho_one']);
    expect(await isKept()).toBe(false);
  });

  it('goes with the last grant that stands on it, not with a sign-in that failed beside', async () => {
    const place = await open({ keepClient: () => Promise.reject(new StoreUnavailableError('away')) });
    const sub = place.accounts.subjectOf(ACCOUNT.id);
    await place.source.keep(sub, ISSUED, place.grants.firstHold('other'));
    await expect(goOn(place.deps, interaction, place.cameBack)).rejects.toThrow(StoreUnavailableError);
    expect(await place.isKept()).toBe(true);
    expect(place.deletedAtGitHub).toEqual([]);
  });

  it('is let go of when the second decision of the person cannot be carried out', async () => {
    const place = await open({ keepClient: () => Promise.reject(new StoreUnavailableError('away')) });
    const sub = place.accounts.subjectOf(ACCOUNT.id);
    const { handle } = await place.source.keep(sub, ISSUED, place.grants.firstHold('grant'));
    const who = { resource: 'resource', sub, login: 'octocat', shownSub: 'other' };
    const arrival = { ...who, grantId: 'grant', handle, scope: [] };
    const confirmed: Happened = { what: 'arrival_confirmed', arrival, at: 1 };
    await expect(goOn(place.deps, interaction, confirmed)).rejects.toThrow(StoreUnavailableError);
    expect(await place.isKept()).toBe(false);
    expect(await place.isRetired()).toBe(true);
  });
});

describe('a GitHub token that is discarded', () => {
  it('is a fault told to the operator, and no failed sign-in, when GitHub and the store are both away', async () => {
    const { gateway, clock } = await openPeopleRooms();
    const away = new StoreUnavailableError('away');
    const faults: unknown[] = [];
    const source = createCredentialSource({
      vault: gateway().vault,
      githubHost: GITHUB_HOST,
      app: GITHUB_APP,
      oauth: { deleteToken: () => Promise.reject(new Error('GitHub is away')) },
      retirements: { add: () => Promise.reject(away) },
      clock,
      onFault: (error) => void faults.push(error),
    });
    await source.discard({ accessToken: 'gho_one' });
    expect(faults).toEqual([away]);
  });
});
