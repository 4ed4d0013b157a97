import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { DEMO_GITHUB_APP, DEMO_OAUTH_APP, HUBOT, OCTOCAT } from '../../github-simulator/index.ts';
import type { GitHubSimulator } from '../../github-simulator/index.ts';
import { webhookMismatchesOf } from '../../github-simulator/openapi/check-answer.ts';
import { basic, getUser, jsonOf, signIn, START, startStill } from './drive.ts';
import { startReceiver } from './webhook-receiver.ts';
import type { Receiver } from './webhook-receiver.ts';

const APP = DEMO_GITHUB_APP;
const CREDENTIALS = { client_id: APP.clientId, client_secret: APP.clientSecret };
const SECRET = 'webhook-secret';

let simulator: GitHubSimulator;
let receiver: Receiver;
beforeAll(async () => {
  simulator = await startStill();
});
beforeEach(async () => {
  simulator.reset();
  receiver = await startReceiver();
  simulator.setWebhook(APP.clientId, { url: receiver.url, secret: SECRET });
});
afterEach(() => {
  receiver.close();
});
afterAll(() => simulator.close());

const signInToApp = () => signIn(simulator, { client_id: APP.clientId }, CREDENTIALS);

const control = (path: string, body: unknown): Promise<Response> =>
  fetch(`${simulator.controlBase}/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

describe('a delivery', () => {
  it('is a signed POST that says what it is', async () => {
    await signInToApp();
    simulator.revokeApp('octocat', APP.clientId);
    await simulator.settleDeliveries();
    const [first] = receiver.received;
    const signature = createHmac('sha256', SECRET)
      .update(first?.body ?? '')
      .digest('hex');
    expect(first?.headers).toMatchObject({
      'content-type': 'application/json',
      'x-github-event': 'github_app_authorization',
      'x-github-delivery': expect.stringMatching(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/) as unknown,
      'x-hub-signature-256': `sha256=${signature}`,
      'x-github-hook-installation-target-type': 'integration',
      'x-github-hook-installation-target-id': String(APP.id),
      'user-agent': expect.stringMatching(/^GitHub-Hookshot\//) as unknown,
    });
    expect(simulator.deliveries()).toEqual([
      {
        id: first?.headers['x-github-delivery'],
        at: START,
        clientId: APP.clientId,
        event: 'github_app_authorization',
        url: receiver.url,
        redelivery: false,
        status: 202,
        error: null,
        payload: JSON.parse(String(first?.body)) as unknown,
      },
    ]);
    expect(JSON.stringify(simulator.deliveries())).not.toContain(SECRET);
  });

  it('that fails is not repeated, and fails nothing else', async () => {
    const { access_token } = await signInToApp();
    receiver.answerWith = 500;
    simulator.revokeApp('octocat', APP.clientId);
    await simulator.settleDeliveries();
    expect(receiver.received).toHaveLength(1);
    expect(simulator.deliveries()).toMatchObject([{ status: 500, error: null }]);
    expect((await getUser(simulator, access_token)).status).toBe(401);
  });

  it('that gets no answer is recorded with the reason', async () => {
    receiver.answerWith = 0;
    simulator.setMembership('acme', 'hubot', null);
    await simulator.settleDeliveries();
    receiver.close();
    simulator.setMembership('acme', 'hubot', 'active');
    await simulator.settleDeliveries();
    expect(simulator.deliveries()).toMatchObject([
      { status: null, error: expect.stringMatching(/^(UND_ERR_SOCKET|ECONNRESET)$/) as unknown },
      { status: null, error: 'ECONNREFUSED' },
    ]);
  });

  it('follows no redirect', async () => {
    receiver.answerWith = 302;
    simulator.setMembership('acme', 'hubot', null);
    await simulator.settleDeliveries();
    expect(receiver.received).toHaveLength(1);
    expect(simulator.deliveries()).toMatchObject([{ status: 302 }]);
  });

  it('is given up by a reset', async () => {
    receiver.answerWith = -1;
    simulator.setMembership('acme', 'hubot', null);
    await vi.waitFor(() => {
      expect(receiver.received).toHaveLength(1);
    });
    simulator.reset();
    await simulator.settleDeliveries();
    expect(simulator.deliveries()).toEqual([]);
  });

  it('is sent again on demand: same id, same bytes', async () => {
    receiver.answerWith = 500;
    simulator.setMembership('acme', 'hubot', null);
    await simulator.settleDeliveries();
    receiver.answerWith = 202;
    const id = simulator.deliveries()[0]?.id ?? '';
    expect(await simulator.redeliver(id)).toMatchObject({ id, redelivery: true, status: 202 });
    const [first, second] = receiver.received;
    expect(second?.body).toEqual(first?.body);
    for (const name of ['x-github-delivery', 'x-hub-signature-256', 'x-github-event']) {
      expect(second?.headers[name]).toBe(first?.headers[name]);
    }
    expect(simulator.deliveries()).toHaveLength(2);
    await expect(simulator.redeliver('unknown')).rejects.toThrow(RangeError);
  });
});

describe('the events', () => {
  const lastPayload = async (): Promise<Record<string, unknown>> => {
    await simulator.settleDeliveries();
    return simulator.deliveries().at(-1)?.payload as Record<string, unknown>;
  };
  const events = async (): Promise<string[]> => {
    await simulator.settleDeliveries();
    return simulator
      .deliveries()
      .map(({ event, payload }) => `${event} ${(payload as { action: string }).action}`);
  };

  it('tell when a user removes the app, with the user as sender', async () => {
    await signInToApp();
    simulator.revokeApp('octocat', APP.clientId);
    const payload = await lastPayload();
    expect(payload).toMatchObject({ action: 'revoked', sender: { login: 'octocat', id: OCTOCAT.id } });
    expect(webhookMismatchesOf('github-app-authorization-revoked', payload)).toEqual([]);
  });

  it('tell when the app deletes the grant, but not one that is not there', async () => {
    simulator.revokeApp('octocat', APP.clientId);
    const { access_token } = await signInToApp();
    const url = `${simulator.apiBase}/applications/${APP.clientId}/grant`;
    const headers = { authorization: basic(APP), 'content-type': 'application/json' };
    await fetch(url, { method: 'DELETE', headers, body: JSON.stringify({ access_token }) });
    expect(await events()).toEqual(['github_app_authorization revoked']);
  });

  it('do not tell of a single token that ended', async () => {
    const { access_token } = await signInToApp();
    simulator.revokeToken(String(access_token));
    expect(await events()).toEqual([]);
  });

  it('tell of members who leave and come, sent by somebody else', async () => {
    simulator.setMembership('acme', 'hubot', null);
    const payload = await lastPayload();
    expect(payload).toMatchObject({
      action: 'member_removed',
      membership: { user: { id: HUBOT.id }, role: 'member' },
      organization: { login: 'acme' },
      installation: { id: expect.any(Number) as unknown },
    });
    expect(payload).not.toMatchObject({ sender: { id: HUBOT.id } });
    expect(webhookMismatchesOf('organization-member-removed', payload)).toEqual([]);
    simulator.setMembership('acme', 'hubot', null);
    simulator.setMembership('acme', 'hubot', 'pending');
    expect(await events()).toHaveLength(1);
    simulator.setMembership('acme', 'hubot', 'active');
    expect(webhookMismatchesOf('organization-member-added', await lastPayload())).toEqual([]);
    expect(await events()).toEqual(['organization member_removed', 'organization member_added']);
  });

  it('tell of members of teams', async () => {
    simulator.setTeamMembership('acme', 'platform', 'octocat', null);
    expect(webhookMismatchesOf('membership-removed', await lastPayload())).toEqual([]);
    simulator.setTeamMembership('acme', 'platform', 'hubot', 'active');
    const payload = await lastPayload();
    expect(payload).toMatchObject({
      scope: 'team',
      member: { login: 'hubot' },
      team: { slug: 'platform' },
      organization: { login: 'acme' },
    });
    expect(webhookMismatchesOf('membership-added', payload)).toEqual([]);
    expect(await events()).toEqual(['membership removed', 'membership added']);
  });

  it('tell only of the organization when a member of a team leaves it', async () => {
    simulator.setMembership('acme', 'octocat', null);
    expect(await events()).toEqual(['organization member_removed']);
  });

  it('tell of the installation, and of nothing else while it is suspended or gone', async () => {
    simulator.setInstallation(APP.clientId, 'acme', 'suspended');
    expect(webhookMismatchesOf('installation-suspend', await lastPayload())).toEqual([]);
    simulator.setMembership('acme', 'hubot', null);
    simulator.setInstallation(APP.clientId, 'acme', 'active');
    expect(webhookMismatchesOf('installation-unsuspend', await lastPayload())).toEqual([]);
    simulator.setInstallation(APP.clientId, 'acme', null);
    expect(webhookMismatchesOf('installation-deleted', await lastPayload())).toEqual([]);
    simulator.setMembership('acme', 'hubot', 'active');
    expect(() => {
      simulator.setInstallation(APP.clientId, 'acme', 'suspended');
    }).toThrow(RangeError);
    simulator.setInstallation(APP.clientId, 'acme', 'active');
    expect(webhookMismatchesOf('installation-created', await lastPayload())).toEqual([]);
    expect(await events()).toEqual([
      'installation suspend',
      'installation unsuspend',
      'installation deleted',
      'installation created',
    ]);
  });

  it('are a GitHub App’s: an OAuth App hears of nothing', async () => {
    expect(() => {
      simulator.setWebhook(DEMO_OAUTH_APP.clientId, { url: receiver.url, secret: SECRET });
    }).toThrow(RangeError);
    await signIn(simulator);
    simulator.revokeApp('octocat', DEMO_OAUTH_APP.clientId);
    expect(await events()).toEqual([]);
  });

  it('are checked by a check that finds a wrong body', () => {
    expect(webhookMismatchesOf('github-app-authorization-revoked', { action: 'revoked' })).not.toEqual([]);
  });
});

describe('the control API for webhooks', () => {
  it('sets a webhook, answers after the delivery, lists and redelivers', async () => {
    expect((await control('webhook', { clientId: APP.clientId, webhook: null })).status).toBe(200);
    await control('membership', { organization: 'acme', login: 'hubot', state: null });
    expect(simulator.deliveries()).toEqual([]);
    const webhook = { url: receiver.url, secret: SECRET };
    await control('webhook', { clientId: APP.clientId, webhook });
    await control('membership', { organization: 'acme', login: 'hubot', state: 'active', role: 'admin' });
    expect(receiver.received).toHaveLength(1);
    const list = (await (await fetch(`${simulator.controlBase}/deliveries`)).json()) as { id: string }[];
    expect(list).toMatchObject([{ event: 'organization', status: 202 }]);
    const again = await jsonOf(control('redeliver', { id: list[0]?.id }));
    expect(again).toMatchObject({ id: list[0]?.id, redelivery: true });
    const team = { organization: 'acme', team: 'platform', login: 'hubot', state: 'active' };
    expect((await control('team-membership', team)).status).toBe(200);
    const installation = { clientId: APP.clientId, organization: 'acme', state: 'suspended' };
    expect((await control('installation', installation)).status).toBe(200);
    expect(receiver.received).toHaveLength(4);
  });

  it.each([
    ['webhook', { clientId: APP.clientId, webhook: { url: 'https://example.com/', secret: 's' } }],
    ['webhook', { clientId: 'nobody', webhook: null }],
    ['redeliver', { id: 'unknown' }],
    ['membership', { organization: 'nobody', login: 'octocat', state: null }],
    ['team-membership', { organization: 'acme', team: 'nobody', login: 'octocat', state: null }],
    ['installation', { clientId: DEMO_OAUTH_APP.clientId, organization: 'acme', state: null }],
  ])('refuses %s %j with 404', async (path, body) => {
    expect((await control(path, body)).status).toBe(404);
  });
});
