import { createHmac, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DEMO_GITHUB_APP, HUBOT, OCTOCAT } from '../../github-simulator/index.ts';
import { appEnvironment } from '../../support/github-apps.ts';
import { SECOND_MS, useMovableClock } from '../../support/movable-clock.ts';
import { callTool, postForm, refreshRequest, signIn as signInNow } from '../../support/oauth-client.ts';
import type { SignInOptions } from '../../support/oauth-client.ts';
import { until } from '../../support/redis.ts';
import type { Stack } from '../../support/stack.ts';
import { startStack } from '../../support/stack.ts';

const SECRET = 'the-webhook-secret-of-the-test';
const { clientId } = DEMO_GITHUB_APP;

const clock = useMovableClock();
let stack: Stack;
beforeAll(async () => {
  const env = { ...appEnvironment('GitHub App'), GITHUB_WEBHOOK_SECRET: SECRET, GITHUB_ORGANIZATION: 'acme' };
  stack = await startStack({ gateways: 2, env });
});
afterAll(async () => {
  await stack.close();
});
beforeEach(() => {
  stack.github.setWebhook(clientId, { url: `${stack.publicUrl}/webhooks/github`, secret: SECRET });
});
afterEach(() => {
  stack.github.setFaults([]);
  stack.github.setMembership('acme', OCTOCAT.login, 'active');
  stack.github.setInstallation(clientId, 'acme', 'active');
});

/** Later than whatever ended before: an ended credential takes the tokens of its second with it. */
async function signIn(of: Stack, options?: SignInOptions) {
  clock.advance(2 * SECOND_MS);
  return await signInNow(of, options);
}

type Session = Awaited<ReturnType<typeof signIn>>;
const works = async ({ tokens }: Session) =>
  (await callTool(stack.mcpUrl, tokens.access_token)).status === 200;
const ends = async (session: Session) => {
  await until(async () => !(await works(session)), 40);
};
const refresh = async ({ client, tokens }: Session) =>
  await postForm(`${stack.publicUrl}/token`, refreshRequest(client, tokens.refresh_token));
const reasonsSince = (start: number) =>
  stack.events.slice(start).flatMap((event) => (event.type === 'grant.ended' ? [event.reason] : []));
const resultsSince = (start: number) =>
  stack.events
    .slice(start)
    .flatMap((event) => (event.type === 'webhook.received' ? [`${event.event} ${event.result}`] : []));

const revocation = (id: number) => ({ action: 'revoked', sender: { id, login: 'anybody' } });

interface Sent {
  readonly event?: string;
  readonly id?: string;
  readonly secret?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

async function send(payload: unknown, of: Sent = {}): Promise<Response> {
  const body = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const signature = createHmac('sha256', of.secret ?? SECRET)
    .update(body)
    .digest('hex');
  return await fetch(`${stack.publicUrl}/webhooks/github`, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'x-github-event': of.event ?? 'github_app_authorization',
      'x-github-delivery': of.id ?? randomUUID(),
      'x-hub-signature-256': `sha256=${signature}`,
      ...of.headers,
    },
  });
}

describe('github_app_authorization revoked', () => {
  it('ends every grant of the account with a reason, at all gateways, and spares other people', async () => {
    const [first, second] = [await signIn(stack), await signIn(stack)];
    const other = await signIn(stack, { login: HUBOT.login });
    const start = stack.events.length;
    stack.github.revokeApp(OCTOCAT.login, clientId);
    await stack.github.settleDeliveries();
    expect(stack.github.deliveries().at(-1)).toMatchObject({
      event: 'github_app_authorization',
      status: 200,
    });
    expect(reasonsSince(start)).toEqual(['revoked_at_github', 'revoked_at_github']);
    await ends(first);
    await ends(second);
    expect((await refresh(first)).status).toBe(400);
    expect(await works(other)).toBe(true);
  });

  it('redelivered is answered 200 and does nothing', async () => {
    await signIn(stack);
    stack.github.revokeApp(OCTOCAT.login, clientId);
    await stack.github.settleDeliveries();
    const id = stack.github.deliveries().at(-1)?.id ?? '';
    const again = await signIn(stack);
    const start = stack.events.length;
    const probes = stack.github.journal().length;
    expect(await stack.github.redeliver(id)).toMatchObject({ status: 200 });
    expect(resultsSince(start)).toEqual(['github_app_authorization repeated']);
    expect(stack.github.journal()).toHaveLength(probes);
    expect(await works(again)).toBe(true);
  });

  it('sent again under a new delivery id ends nothing while GitHub calls the token good', async () => {
    const session = await signIn(stack);
    const start = stack.events.length;
    expect((await send(revocation(OCTOCAT.id))).status).toBe(200);
    expect(reasonsSince(start)).toEqual([]);
    expect(await works(session)).toBe(true);
  });

  it('counts while GitHub cannot be asked about the token', async () => {
    const session = await signIn(stack);
    stack.github.setFaults([
      { match: { pathPrefix: '/applications/' }, action: 'status', status: 503, times: 100 },
    ]);
    const start = stack.events.length;
    expect((await send(revocation(OCTOCAT.id))).status).toBe(200);
    expect(new Set(reasonsSince(start))).toEqual(new Set(['revoked_at_github']));
    await ends(session);
  });

  it('about a person nobody knows here does nothing', async () => {
    const start = stack.events.length;
    expect((await send(revocation(123_456))).status).toBe(200);
    expect(reasonsSince(start)).toEqual([]);
  });
});

describe('a person who leaves the organization', () => {
  it('loses every grant as soon as GitHub tells (organization member_removed)', async () => {
    const session = await signIn(stack);
    const other = await signIn(stack, { login: HUBOT.login });
    const start = stack.events.length;
    stack.github.setMembership('acme', OCTOCAT.login, null);
    await stack.github.settleDeliveries();
    expect(reasonsSince(start)).toContain('access_denied_by_policy');
    await ends(session);
    expect(await works(other)).toBe(true);
  });

  it('is not decided while GitHub cannot be asked: 503, and a redelivery is handled', async () => {
    const session = await signIn(stack);
    stack.github.setFaults([{ match: { pathPrefix: '/user' }, action: 'status', status: 503, times: 1000 }]);
    const start = stack.events.length;
    stack.github.setMembership('acme', OCTOCAT.login, null);
    await stack.github.settleDeliveries();
    const delivery = stack.github.deliveries().findLast(({ event }) => event === 'organization');
    expect(delivery?.status).toBe(503);
    // What was known is not believed any more: no new token until GitHub has been asked.
    expect((await refresh(session)).status).toBe(503);
    stack.github.setFaults([]);
    expect(await stack.github.redeliver(delivery?.id ?? '')).toMatchObject({ status: 200 });
    expect(reasonsSince(start)).toContain('access_denied_by_policy');
    await ends(session);
  });

  it('that is still a member keeps the grants, whatever the message says', async () => {
    const session = await signIn(stack);
    const start = stack.events.length;
    const payload = { action: 'member_removed', membership: { user: { id: OCTOCAT.id } } };
    expect((await send(payload, { event: 'organization' })).status).toBe(200);
    expect(reasonsSince(start)).toEqual([]);
    expect(await works(session)).toBe(true);
  });

  it('through an installation that was suspended is asked about, if GitHub names the person', async () => {
    const session = await signIn(stack);
    stack.github.setWebhook(clientId, null);
    stack.github.setInstallation(clientId, 'acme', 'suspended');
    const payload = { action: 'suspend', sender: { id: OCTOCAT.id } };
    const start = stack.events.length;
    expect((await send(payload, { event: 'installation' })).status).toBe(200);
    expect(reasonsSince(start)).toContain('access_denied_by_policy');
    await ends(session);
  });
});

describe('a delivery', () => {
  const refusals: readonly [string, () => Promise<Response>, number][] = [
    [
      'without signature',
      async () => await send(revocation(OCTOCAT.id), header('x-hub-signature-256', '')),
      401,
    ],
    [
      'signed with another secret',
      async () => await send(revocation(OCTOCAT.id), { secret: 'x'.repeat(30) }),
      401,
    ],
    [
      'signed for other bytes',
      async () =>
        await send(revocation(OCTOCAT.id), header('x-hub-signature-256', `sha256=${'0'.repeat(64)}`)),
      401,
    ],
    ['that is no JSON', async () => await send('{"action":'), 400],
    ['that repeats no person', async () => await send({ action: 'revoked' }), 400],
    [
      'as a form',
      async () => await send('payload=x', header('content-type', 'application/x-www-form-urlencoded')),
      415,
    ],
    ['without event', async () => await send(revocation(OCTOCAT.id), header('x-github-event', '')), 400],
    ['without id', async () => await send(revocation(OCTOCAT.id), header('x-github-delivery', '')), 400],
    [
      'from another GitHub',
      async () =>
        await send(revocation(OCTOCAT.id), header('x-github-enterprise-host', 'github.evil.example')),
      400,
    ],
    ['of more than 1 MiB', async () => await send(JSON.stringify('x'.repeat(1024 * 1024))), 413],
  ];
  function header(name: string, value: string): Sent {
    return { headers: { [name]: value } };
  }

  it.each(refusals)('%s is refused and stores nothing', async (_what, attempt, status) => {
    const session = await signIn(stack);
    const before = stack.snapshot();
    const answer = await attempt();
    expect(answer.status).toBe(status);
    expect(stack.snapshot()).toEqual(before);
    expect(await works(session)).toBe(true);
  });

  it('of an event that means nothing here is answered 204 and stores nothing', async () => {
    const before = stack.snapshot();
    const start = stack.events.length;
    expect((await send({ zen: 'x' }, { event: 'ping' })).status).toBe(204);
    expect((await send('not even JSON', { event: 'pull_request' })).status).toBe(204);
    expect(resultsSince(start)).toEqual(['ping ignored', 'other ignored']);
    expect(stack.snapshot()).toEqual(before);
  });

  it('names our own host or none (GitHub Enterprise Server)', async () => {
    const { hostname } = new URL(stack.github.webBase);
    const headers = { 'x-github-enterprise-host': hostname };
    expect((await send(revocation(1), { headers })).status).toBe(200);
  });

  it('of another method is 405', async () => {
    const answer = await fetch(`${stack.publicUrl}/webhooks/github`);
    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST');
  });
});

it('without GITHUB_WEBHOOK_SECRET there is no webhook', async () => {
  const plain = await startStack();
  try {
    const answer = await fetch(`${plain.publicUrl}/webhooks/github`, { method: 'POST', body: '{}' });
    expect(answer.status).toBe(404);
  } finally {
    await plain.close();
  }
});
