import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openBrowser } from '../../../deploy/demo/browser.ts';
import type { RegisteredClient, Tokens } from '../../support/oauth-client.ts';
import {
  authorize,
  callTool,
  postForm,
  redemption,
  refreshRequest,
  registerClient,
  signIn,
} from '../../support/oauth-client.ts';
import type { Processes } from '../../support/processes.ts';
import { startProcesses } from '../../support/processes.ts';

let processes: Processes;
let client: RegisteredClient;
beforeAll(async () => {
  processes = await startProcesses();
  client = await registerClient(processes.publicUrl);
});
afterAll(async () => {
  await processes.close();
});

interface TokenAnswer {
  readonly status: number;
  readonly body: Partial<Tokens> & { readonly error?: string };
}

/** Sends one form to the gateways in turn, all at once. */
async function race(form: Record<string, string>, times: number): Promise<TokenAnswer[]> {
  return await Promise.all(
    Array.from({ length: times }, async (_, index) => {
      const response = await postForm(`${processes.gateways[index % 2 === 0 ? 0 : 1]}/token`, form);
      return { status: response.status, body: (await response.json()) as TokenAnswer['body'] };
    }),
  );
}

async function refreshAt(gateway: 0 | 1, token: string): Promise<TokenAnswer> {
  const response = await postForm(`${processes.gateways[gateway]}/token`, refreshRequest(client, token));
  return { status: response.status, body: (await response.json()) as TokenAnswer['body'] };
}

async function obtainCode() {
  const { code, request } = await authorize(processes, client);
  return redemption(client, { code, codeVerifier: request.codeVerifier });
}

const succeeded = (answers: readonly TokenAnswer[]) => answers.filter(({ status }) => status === 200);
const successorsOf = (answers: readonly TokenAnswer[]) =>
  new Set(succeeded(answers).map(({ body }) => body.refresh_token));

describe('two gateways that start at once on an empty folder', () => {
  it('adopt one signing key', async () => {
    const documents = await Promise.all(
      processes.gateways.map(async (gateway) => await (await fetch(`${gateway}/jwks`)).json()),
    );
    expect(documents[0]).toEqual(documents[1]);
    expect((documents[0] as { keys: unknown[] }).keys).toHaveLength(1);
  });

  it('serve a login whose every step goes to the other one', async () => {
    const before = processes.balancer.served.length;
    const { tokens } = await signIn(processes, { client, login: 'hubot', browser: openBrowser() });
    const call = await callTool(processes.mcpUrl, tokens.access_token);
    expect(await call.text()).toContain('hubot');
    const steps = processes.balancer.served.slice(before);
    expect(steps.length).toBeGreaterThanOrEqual(6);
    for (const [index, step] of steps.entries()) expect(step).not.toBe(steps[index + 1]);
  });

  it('accept each other’s access tokens', async () => {
    const form = await obtainCode();
    const answer = await (await postForm(`${processes.gateways[0]}/token`, form)).json();
    const call = await callTool(`${processes.gateways[1]}/mcp`, (answer as Tokens).access_token);
    expect(call.status).toBe(200);
  });
});

describe('one code redeemed ten times at once over both', () => {
  it('088 exactly one succeeds, the others get invalid_grant, and the grant lives on', async () => {
    const answers = await race(await obtainCode(), 10);
    expect(succeeded(answers)).toHaveLength(1);
    const losers = answers.filter(({ status }) => status !== 200);
    expect(losers.map(({ status, body }) => [status, body.error])).toEqual(
      losers.map(() => [400, 'invalid_grant']),
    );
    const [winner] = succeeded(answers);
    expect((await callTool(processes.mcpUrl, winner?.body.access_token ?? '')).status).toBe(200);
    expect((await refreshAt(1, winner?.body.refresh_token ?? '')).status).toBe(200);
  });
});

describe('one refresh token used ten times at once over both', () => {
  it('110 every success carries one same successor, which works', async () => {
    const { tokens } = await signIn(processes, { client });
    const answers = await race(refreshRequest(client, tokens.refresh_token), 10);
    expect(succeeded(answers).length).toBeGreaterThanOrEqual(1);
    expect(successorsOf(answers).size).toBe(1);
    for (const { status, body } of answers) {
      expect([200, 503], JSON.stringify(body)).toContain(status);
    }
    const [successor = ''] = successorsOf(answers);
    expect((await refreshAt(0, successor)).status).toBe(200);
  });

  it('110 a superseded generation answers its own same successor, also after that one was used', async () => {
    const { tokens } = await signIn(processes, { client });
    const second = (await refreshAt(0, tokens.refresh_token)).body.refresh_token ?? '';
    const third = (await refreshAt(1, second)).body.refresh_token ?? '';
    const again = await refreshAt(1, tokens.refresh_token);
    expect(again.status).toBe(200);
    expect(again.body.refresh_token).toBe(second);
    expect((await refreshAt(0, second)).body.refresh_token).toBe(third);
    expect((await refreshAt(0, third)).status).toBe(200);
  });
});
