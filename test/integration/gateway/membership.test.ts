import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { HUBOT, OCTOCAT } from '../../github-simulator/index.ts';
import type { AppKind } from '../../support/github-apps.ts';
import { APP_KINDS, appEnvironment } from '../../support/github-apps.ts';
import { MINUTE_MS, SECOND_MS, useMovableClock } from '../../support/movable-clock.ts';
import type { RegisteredClient, SignInOptions } from '../../support/oauth-client.ts';
import {
  authorize,
  callTool,
  postForm,
  postJson,
  redemption,
  refreshRequest,
  registerClient,
  signIn,
} from '../../support/oauth-client.ts';
import type { Stack } from '../../support/stack.ts';
import { startStack } from '../../support/stack.ts';

const ADMIN_TOKEN = 'the-admin-token-of-the-membership-test';
const clock = useMovableClock();
let stack: Stack;
let client: RegisteredClient;

function useRestrictedStack(kind: AppKind, rules: Record<string, string>): void {
  beforeAll(async () => {
    stack = await startStack({ gateways: 2, env: { ...appEnvironment(kind), ...rules } });
    client = await registerClient(stack.publicUrl);
  });
  afterAll(async () => {
    await stack.close();
  });
  afterEach(() => {
    stack.github.setFaults([]);
    stack.github.setOwnerPolicy('acme', null);
    stack.github.setTwoFactor(OCTOCAT.login, true);
    stack.github.suspend(OCTOCAT.login, false);
    for (const { login } of [OCTOCAT, HUBOT]) stack.github.setMembership('acme', login, 'active');
    stack.github.setTeamMembership('acme', 'platform', OCTOCAT.login, 'active');
  });
}

type Session = Awaited<ReturnType<typeof signIn>>;
const enter = async (options: SignInOptions = {}) => {
  clock.advance(2 * SECOND_MS);
  return await signIn(stack, { client, ...options });
};
const refresh = async ({ tokens }: Session, at = stack.publicUrl) =>
  await postForm(`${at}/token`, refreshRequest(client, tokens.refresh_token));
const works = async ({ tokens }: Session) => {
  const answer = await callTool(stack.mcpUrl, tokens.access_token);
  await answer.text();
  return answer.status === 200;
};
const eventsSince = (start: number) =>
  stack.events
    .slice(start)
    .flatMap((event) =>
      event.type === 'grant.ended' || event.type === 'login.failed' || event.type === 'membership.denied'
        ? [`${event.type} ${event.reason}`]
        : [],
    );
const questions = () =>
  stack.github.journal().filter(({ path }) => path.includes('/memberships/') || path === '/user').length;

/** What a person who is turned away leaves behind: nothing here, and no token at GitHub. */
async function isTurnedAway(reason: string, login: string = OCTOCAT.login): Promise<void> {
  clock.advance(2 * SECOND_MS);
  const [records, tokens, start] = [powers(), stack.github.tokens(), stack.events.length];
  const { answer, code } = await authorize(stack, client, { login });
  expect(code).toBe('');
  expect(answer.get('error')).toBe('access_denied');
  expect(answer.get('error_description')).toBe('this GitHub account may not use this server');
  const events = eventsSince(start).slice(0, 2);
  expect(events).toEqual([`membership.denied ${reason}`, `login.failed policy_${reason}`]);
  expect(powers()).toEqual(records);
  expect(stack.github.tokens()).toEqual(tokens);
}

/** Records that give power, or say that somebody was here; not what was known of the person's standing. */
const powers = () => stack.snapshot().filter((key) => /^ocg:(grant|account|credential|code)/.test(key));

describe.each([
  ['acme:9919', true],
  ['acme:9919/platform', true],
  ['acme:9918', false],
  ['acme:9918/platform', false],
])('S16: GITHUB_ORGANIZATION=%s', (rule, isLetIn) => {
  useRestrictedStack('OAuth App', { GITHUB_ORGANIZATION: rule });

  it(isLetIn ? 'lets its member in' : 'lets in nobody of the organization that has the login', async () => {
    if (isLetIn) expect(await works(await enter())).toBe(true);
    else await isTurnedAway('organization_changed');
  });
});

describe.each(APP_KINDS)('GITHUB_ORGANIZATION, %s', (kind) => {
  useRestrictedStack(kind, { GITHUB_ORGANIZATION: 'acme', ADMIN_TOKEN, ADMIN_PORT: '0' });

  it('lets a member in, also one whose client does not ask for the scope it takes', async () => {
    const session = await enter({ parameters: { scope: 'read:user' } });
    expect(session.tokens.scope).toBe(kind === 'OAuth App' ? 'read:org read:user' : '');
    expect(await works(session)).toBe(true);
  });

  it('S16: turns everybody away when the login belongs to another organization now, and says so', async () => {
    const session = await enter();
    stack.github.replaceOrganization('acme', 4_242);
    const logged = stack.log.length;
    await isTurnedAway('organization_changed', HUBOT.login);
    expect(stack.log.slice(logged).join('')).toContain('accept-organization acme 4242');
    clock.advance(16 * MINUTE_MS);
    expect((await refresh(session)).status).toBe(400);
    expect(stack.events).toContainEqual({ type: 'organization.changed' });
    const accepted = await postJson(
      `${stack.side['admin'] ?? ''}/organizations/accept`,
      { login: 'Acme', id: 4_242 },
      { authorization: `Bearer ${ADMIN_TOKEN}` },
    );
    expect(accepted.status).toBe(200);
    expect(await works(await enter())).toBe(true);
    // As it was, for what comes after.
    stack.github.replaceOrganization('acme', 9_919);
    await postJson(
      `${stack.side['admin'] ?? ''}/organizations/accept`,
      { login: 'acme', id: 9_919 },
      { authorization: `Bearer ${ADMIN_TOKEN}` },
    );
  });

  it('turns away who is no member', async () => {
    stack.github.setMembership('acme', HUBOT.login, null);
    await isTurnedAway('not_a_member', HUBOT.login);
  });

  it('turns away who has not accepted the invitation', async () => {
    stack.github.setMembership('acme', HUBOT.login, 'pending');
    await isTurnedAway('pending', HUBOT.login);
  });

  it('turns away, with the reason in the log, whom single sign-on keeps out', async () => {
    stack.github.setOwnerPolicy('acme', 'sso');
    await isTurnedAway('sso_required');
  });

  it('does not decide while GitHub does not answer: the client may try again', async () => {
    const fault = { match: { pathPrefix: '/user/memberships' }, action: 'status', status: 502 } as const;
    stack.github.setFaults([{ ...fault, times: 10 }]);
    const tokens = stack.github.tokens();
    const { answer } = await authorize(stack, client);
    expect(answer.get('error')).toBe('temporarily_unavailable');
    expect(stack.github.tokens()).toEqual(tokens);
  });

  it('asks again at a refresh once MEMBERSHIP_MAX_AGE is over, for all gateways, and not before', async () => {
    const [first, second] = [await enter(), await enter()];
    const before = questions();
    clock.advance(14 * MINUTE_MS);
    const early = await refresh(first);
    expect(early.status).toBe(200);
    expect(questions()).toBe(before);
    clock.advance(2 * MINUTE_MS);
    expect((await refresh(second, stack.gateways[1])).status).toBe(200);
    expect(questions()).toBe(before + 2);
    const tokens = (await early.json()) as Session['tokens'];
    expect((await refresh({ ...first, tokens })).status).toBe(200);
    expect(questions()).toBe(before + 2);
  });

  it('ends the grant at the refresh that finds the person gone', async () => {
    const session = await enter();
    stack.github.setMembership('acme', OCTOCAT.login, null);
    clock.advance(16 * MINUTE_MS);
    const start = stack.events.length;
    const answer = await refresh(session);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: 'invalid_grant' });
    expect(eventsSince(start)).toEqual([
      'membership.denied not_a_member',
      'grant.ended access_denied_by_policy',
    ]);
    stack.github.setMembership('acme', OCTOCAT.login, 'active');
    expect((await refresh(session)).status).toBe(400);
  });

  it('believes the last answer for an hour while GitHub is away, then answers 503 and consumes nothing', async () => {
    const session = await enter();
    stack.github.setFaults([{ match: { pathPrefix: '/user' }, action: 'reset', times: 1000 }]);
    clock.advance(59 * MINUTE_MS);
    const stale = await refresh(session);
    expect(stale.status).toBe(200);
    const { refresh_token: refreshToken } = (await stale.json()) as { refresh_token: string };
    clock.advance(2 * MINUTE_MS);
    const ask = async () => await postForm(`${stack.publicUrl}/token`, refreshRequest(client, refreshToken));
    // That the token was shown is written down: the answer before it was received. It is as good as before.
    const powersBefore = powers();
    const away = await ask();
    expect(away.status).toBe(503);
    expect(away.headers.get('retry-after')).not.toBeNull();
    expect(await away.json()).toMatchObject({ error: 'temporarily_unavailable' });
    expect(powers()).toEqual(powersBefore);
    stack.github.setFaults([]);
    expect((await ask()).status).toBe(200);
  });

  it('does not take a suspension that only the organization’s endpoint tells of for the person’s', async () => {
    const session = await enter();
    const json = { message: 'Sorry. Your account was suspended' };
    const fault = {
      match: { pathPrefix: '/user/memberships' },
      action: 'status',
      status: 403,
      json,
    } as const;
    stack.github.setFaults([{ ...fault, times: 10 }]);
    clock.advance(16 * MINUTE_MS);
    const start = stack.events.length;
    expect((await refresh(session)).status).toBe(200);
    expect(eventsSince(start)).toEqual([]);
  });

  it('does not let a session stand in for GitHub when its answer is old', async () => {
    const { browser } = await enter();
    stack.github.setMembership('acme', OCTOCAT.login, null);
    clock.advance(16 * MINUTE_MS);
    const { answer } = await authorize(stack, client, { browser });
    expect(answer.get('error')).toBe('access_denied');
  });
});

describe.each(APP_KINDS)('a team of an organization, %s', (kind) => {
  useRestrictedStack(kind, { GITHUB_ORGANIZATION: 'globex, acme/Platform', MEMBERSHIP_MAX_AGE: '30' });

  it('lets in who is in it', async () => {
    expect(await works(await enter())).toBe(true);
  });

  it('turns away who is only in the organization', async () => {
    await isTurnedAway('not_a_member', HUBOT.login);
  });

  it('is asked about when a code is redeemed, if the answer is too old', async () => {
    clock.advance(2 * SECOND_MS);
    const { request, code } = await authorize(stack, client);
    stack.github.setTeamMembership('acme', 'platform', OCTOCAT.login, null);
    clock.advance(40 * SECOND_MS);
    const form = redemption(client, { code, codeVerifier: request.codeVerifier });
    const start = stack.events.length;
    expect((await postForm(`${stack.publicUrl}/token`, form)).status).toBe(400);
    expect(eventsSince(start)).toContain('grant.ended access_denied_by_policy');
  });
});

describe('an organization that restricts OAuth Apps', () => {
  useRestrictedStack('OAuth App', { GITHUB_ORGANIZATION: 'acme' });

  it('lets nobody in before its owner approves the app', async () => {
    stack.github.setOwnerPolicy('acme', 'oauth-app-restriction');
    await isTurnedAway('oauth_app_restricted');
  });
});

describe.each(APP_KINDS)('REQUIRE_MFA, %s', (kind) => {
  useRestrictedStack(kind, { REQUIRE_MFA: 'true' });

  it('turns away who has no second factor', async () => {
    await isTurnedAway('two_factor_off', HUBOT.login);
  });

  it('turns away whose second factor GitHub does not tell of', async () => {
    const json = { id: OCTOCAT.id, login: OCTOCAT.login };
    stack.github.setFaults([
      { match: { pathPrefix: '/user' }, action: 'status', status: 200, json, times: 2 },
    ]);
    await isTurnedAway('two_factor_unknown');
  });

  it('ends the grant of a person who switches it off', async () => {
    const session = await enter();
    stack.github.setTwoFactor(OCTOCAT.login, false);
    clock.advance(16 * MINUTE_MS);
    const start = stack.events.length;
    expect((await refresh(session)).status).toBe(400);
    expect(eventsSince(start)).toContain('grant.ended access_denied_by_policy');
  });
});

describe.each(APP_KINDS)('without any rule, an account (%s)', (kind) => {
  useRestrictedStack(kind, {});

  it('is not asked about at sign-in beyond who it is', async () => {
    const before = questions();
    await enter();
    expect(questions() - before).toBe(1);
  });

  it('that GitHub suspends during the sign-in is refused, and leaves no token at GitHub', async () => {
    const json = { message: 'Sorry. Your account was suspended' };
    stack.github.setFaults([{ match: { pathPrefix: '/user' }, action: 'status', status: 403, json }]);
    const tokens = stack.github.tokens();
    const { answer } = await authorize(stack, client);
    expect(answer.get('error')).toBe('access_denied');
    expect(stack.github.tokens()).toEqual(tokens);
  });

  it('that GitHub suspended ends at the next refresh, whatever the client calls', async () => {
    const session = await enter();
    stack.github.suspend(OCTOCAT.login, true);
    clock.advance(16 * MINUTE_MS);
    const start = stack.events.length;
    expect((await refresh(session)).status).toBe(400);
    expect(eventsSince(start)).toContain('grant.ended revoked_at_github');
  });

  it('whose token GitHub refuses once, although it is good, keeps its grant', async () => {
    const session = await enter();
    clock.advance(16 * MINUTE_MS);
    stack.github.setFaults([{ match: { pathPrefix: '/user' }, action: 'status', status: 401, times: 1 }]);
    const first = await refresh(session);
    expect(first.status).toBe(200);
  });
});
