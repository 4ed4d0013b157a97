import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Bound, Connection } from '../../../deploy/deprovisioning/rows.ts';
import { boundSeconds, CONNECTIONS, DEPROVISIONING_ROWS } from '../../../deploy/deprovisioning/rows.ts';
import { OCTOCAT } from '../../github-simulator/index.ts';
import { formTo, sendForm, signInAtAccountPage } from '../../support/account-page.ts';
import type { AppKind } from '../../support/github-apps.ts';
import { appClientId, appEnvironment } from '../../support/github-apps.ts';
import { SECOND_MS, useMovableClock } from '../../support/movable-clock.ts';
import type { RegisteredClient, Tokens } from '../../support/oauth-client.ts';
import {
  callTool,
  postForm,
  postJson,
  refreshRequest,
  registerClient,
  signIn,
} from '../../support/oauth-client.ts';
import { until } from '../../support/redis.ts';
import type { Stack } from '../../support/stack.ts';
import { startStack } from '../../support/stack.ts';

const LIFETIMES = { accessTokenTtlSeconds: 300, membershipMaxAgeSeconds: 900 };
const ADMIN_TOKEN = 'the-admin-token-of-the-deprovisioning-test';
const SECRET = 'the-webhook-secret-of-the-test';
const { login } = OCTOCAT;

const clock = useMovableClock();

/** A deployment and one person signed in at it. */
interface Place {
  readonly stack: Stack;
  readonly client: RegisteredClient;
  readonly app: AppKind;
  readonly tokens: Tokens;
}

const refresh = async ({ stack, client }: Place, { refresh_token: token }: Tokens) =>
  await postForm(`${stack.publicUrl}/token`, refreshRequest(client, token));

/** Statuses of a call that needs GitHub's token and of one that does not, each at another gateway. */
async function callBoth(place: Place, tokens: Tokens): Promise<readonly number[]> {
  const tool = await callTool(`${place.stack.gateways[0] ?? ''}/mcp`, tokens.access_token);
  await tool.text();
  return [tool.status, await listTools(place, tokens)];
}

/** A method that needs nothing of GitHub, so that GitHub's answers end nothing before the bound. */
async function listTools({ stack }: Place, { access_token: token }: Tokens): Promise<number> {
  const list = await postJson(
    `${stack.gateways[1] ?? ''}/mcp`,
    { jsonrpc: '2.0', id: 1, method: 'tools/list' },
    { authorization: `Bearer ${token}` },
  );
  await list.text();
  return list.status;
}

async function submitAccountForm({ stack }: Place, path: '/account/revoke' | '/account/revoke-all') {
  const { browser, page } = await signInAtAccountPage(stack);
  const asked = path === '/account/revoke' ? page : await browser.get(`${stack.publicUrl}${path}`);
  expect((await sendForm(browser, formTo(asked, path))).status).toBe(200);
}

/** How each event happens. */
const EVENTS: Readonly<Record<(typeof DEPROVISIONING_ROWS)[number]['name'], (place: Place) => unknown>> = {
  'client-revokes': async ({ stack, client, tokens }) => {
    const form = { token: tokens.refresh_token, client_id: client.clientId };
    expect((await postForm(`${stack.publicUrl}/revoke`, form)).status).toBe(200);
  },
  'person-revokes': async (place) => {
    await submitAccountForm(place, '/account/revoke');
  },
  'lost-device': async (place) => {
    await submitAccountForm(place, '/account/revoke-all');
  },
  operator: async ({ stack }) => {
    const path = `/accounts/${String(OCTOCAT.id)}/revoke`;
    const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
    expect((await postJson(`${stack.side['admin'] ?? ''}${path}`, {}, headers)).status).toBe(200);
  },
  'refresh-token-reuse': async (place) => {
    const next = (await (await refresh(place, place.tokens)).json()) as Tokens;
    expect((await refresh(place, next)).status).toBe(200);
    clock.advance(31 * SECOND_MS);
    expect((await refresh(place, place.tokens)).status).toBe(400);
  },
  'app-removed': ({ stack, app }) => {
    stack.github.revokeApp(login, appClientId(app));
  },
  suspended: ({ stack }) => {
    stack.github.suspend(login, true);
  },
  'organization-left': ({ stack }) => {
    stack.github.setMembership('acme', login, null);
  },
  'team-left': ({ stack }) => {
    stack.github.setTeamMembership('acme', 'platform', login, null);
  },
  'mfa-off': ({ stack }) => {
    stack.github.setTwoFactor(login, false);
  },
  'github-away': ({ stack }) => {
    for (const pathPrefix of ['/user', '/orgs', '/applications']) takeAway(stack, pathPrefix);
    stack.github.setMembership('acme', login, null);
  },
};

function takeAway(stack: Stack, pathPrefix: string): void {
  faults.push({ match: { pathPrefix }, action: 'reset', times: 10_000 });
  stack.github.setFaults(faults);
}

const faults: { match: { pathPrefix: string }; action: 'reset'; times: number }[] = [];

/** Everything is refused within the bound; until shortly before it nothing else is promised. */
const ENDS: Readonly<Record<Bound, (place: Place) => Promise<void>>> = {
  feed: async (place) => {
    const startedAt = performance.now();
    await until(async () => (await callBoth(place, place.tokens)).every((status) => status === 401), 40);
    expect(performance.now() - startedAt).toBeLessThan(boundSeconds('feed', LIFETIMES) * 1000);
  },
  refresh: async (place) => {
    await growOld(place, 'refresh', LIFETIMES.membershipMaxAgeSeconds);
  },
  outage: async (place) => {
    await growOld(place, 'outage', 3600);
  },
  last_token: async (place) => {
    expect((await refresh(place, place.tokens)).status).toBe(503);
    await runOut(place, 'last_token', { tokens: place.tokens, startedAt: Date.now() });
  },
};

/**
 * The longest way: the last refresh that still relies on the old answer, and its token to the end. A method that needs
 * nothing of GitHub works until then.
 */
async function growOld(place: Place, bound: Bound, answerSeconds: number): Promise<void> {
  const startedAt = Date.now();
  clock.advance((answerSeconds - 5) * SECOND_MS);
  const last = await refresh(place, place.tokens);
  expect(last.status).toBe(200);
  await runOut(place, bound, { tokens: (await last.json()) as Tokens, startedAt });
}

/** The last access token works until shortly before the bound and not at it, and there is no further one. */
async function runOut(place: Place, bound: Bound, of: { tokens: Tokens; startedAt: number }): Promise<void> {
  const end = of.startedAt + boundSeconds(bound, LIFETIMES) * SECOND_MS;
  clock.advance(end - 10 * SECOND_MS - Date.now());
  expect(await listTools(place, of.tokens)).toBe(200);
  clock.advance(end - Date.now());
  expect(await callBoth(place, of.tokens)).toEqual([401, 401]);
  expect((await refresh(place, of.tokens)).status).toBe(bound === 'refresh' ? 400 : 503);
}

describe.each(CONNECTIONS)('deploy/deprovisioning.md, %s', (connection: Connection) => {
  const app: AppKind = connection === 'OAuth App' ? 'OAuth App' : 'GitHub App';
  const hasWebhooks = connection === 'GitHub App with webhooks';
  let stack: Stack;
  let client: RegisteredClient;

  beforeAll(async () => {
    const env = {
      ...appEnvironment(app),
      GITHUB_ORGANIZATION: 'acme/platform',
      REQUIRE_MFA: 'true',
      ADMIN_TOKEN,
      ADMIN_PORT: '0',
      ...(hasWebhooks ? { GITHUB_WEBHOOK_SECRET: SECRET } : {}),
    };
    stack = await startStack({ gateways: 2, env });
    client = await registerClient(stack.publicUrl);
    const target = { url: `${stack.publicUrl}/webhooks/github`, secret: SECRET };
    if (hasWebhooks) stack.github.setWebhook(appClientId(app), target);
  });
  afterAll(async () => {
    await stack.close();
  });
  afterEach(async () => {
    faults.length = 0;
    stack.github.setFaults([]);
    stack.github.suspend(login, false);
    stack.github.setTwoFactor(login, true);
    stack.github.setMembership('acme', login, 'active');
    stack.github.setTeamMembership('acme', 'platform', login, 'active');
    await stack.github.settleDeliveries();
  });

  it.each(DEPROVISIONING_ROWS)('$name: $event', async ({ name, bounds }) => {
    clock.advance(2 * SECOND_MS);
    const { tokens } = await signIn(stack, { client });
    const place = { stack, client, app, tokens };
    expect(await callBoth(place, tokens)).toEqual([200, 200]);
    const start = stack.events.length;
    await EVENTS[name](place);
    await stack.github.settleDeliveries();
    await ENDS[bounds[connection]](place);
    const ended = stack.events.slice(start).filter(({ type }) => type === 'grant.ended');
    expect(ended.length > 0).toBe(['feed', 'refresh'].includes(bounds[connection]));
    stack.github.setFaults([]);
    expect((await refresh(place, tokens)).status).toBe(400);
  });
});
