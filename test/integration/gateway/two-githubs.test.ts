import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { DEMO_OAUTH_APP, OCTOCAT } from '../../github-simulator/index.ts';
import { openBrowser } from '../../../deploy/demo/browser.ts';
import {
  authorizationRequest,
  callTool,
  postForm,
  refreshRequest,
  registerClient,
  signIn,
} from '../../support/oauth-client.ts';
import type { SecondBackend, Stack } from '../../support/stack.ts';
import { startStack } from '../../support/stack.ts';

/** Two resources of one gateway, each for the people of a GitHub of its own. Both GitHubs know octocat by the same id. */
let stack: Stack;
let second: SecondBackend;

beforeAll(async () => {
  stack = await startStack({ second: '/second' });
  if (stack.second === undefined) throw new Error('there is no second back end');
  second = stack.second;
});

afterAll(async () => {
  await stack.close();
});

const atFirst = () => ({ mcpUrl: stack.mcpUrl, place: stack });
const atSecond = () => ({ mcpUrl: second.mcpUrl, place: { ...stack, github: second.github } });

async function session(of: ReturnType<typeof atFirst>, options: Parameters<typeof signIn>[1] = {}) {
  return await signIn(of.place, { ...options, parameters: { resource: of.mcpUrl, ...options.parameters } });
}

describe('two resources with two GitHubs', () => {
  it('have metadata and challenges of their own (RFC 9728 §3.1, §5.1)', async () => {
    for (const { mcpUrl } of [atFirst(), atSecond()]) {
      const challenged = await fetch(mcpUrl, { method: 'POST', body: '{}' });
      expect(challenged.status).toBe(401);
      const [, metadataUrl = ''] =
        /resource_metadata="([^"]+)"/.exec(challenged.headers.get('www-authenticate') ?? '') ?? [];
      expect(await (await fetch(metadataUrl)).json()).toMatchObject({ resource: mcpUrl });
    }
  });

  it('take tokens of their own audience only (RFC 8707 §2)', async () => {
    const [one, two] = [await session(atFirst()), await session(atSecond())];
    expect(decodeJwt(two.tokens.access_token).aud).toBe(second.mcpUrl);
    expect((await callTool(second.mcpUrl, two.tokens.access_token)).status).toBe(200);
    expect((await callTool(second.mcpUrl, one.tokens.access_token)).status).toBe(401);
    expect((await callTool(stack.mcpUrl, two.tokens.access_token)).status).toBe(401);
  });

  it('call the GitHub of their people, with the token it issued and with no other', async () => {
    second.github.putUser({ login: 'only-there', id: 4_711 });
    const { tokens } = await session(atSecond(), { login: 'only-there' });
    const before = stack.github.journal().length;
    const answer = await (await callTool(second.mcpUrl, tokens.access_token)).text();
    expect(answer).toContain('only-there');
    expect(stack.github.journal()).toHaveLength(before);
  });

  it('have two accounts for one id: what one may do says nothing about the other', async () => {
    const [one, two] = [await session(atFirst()), await session(atSecond())];
    expect(one.tokens.scope).toBe(two.tokens.scope);
    const [first, other] = [one, two].map(({ tokens }) => decodeJwt(tokens.access_token).sub);
    expect(first).not.toBe(other);
  });

  it('name their own GitHub on the consent page, and nobody who signed in at the other one', async () => {
    const client = await registerClient(stack.publicUrl);
    const browser = openBrowser();
    await session(atFirst(), { client, browser });
    const { url } = authorizationRequest(stack.publicUrl, client, { resource: second.mcpUrl });
    const page = await browser.follow(await browser.get(url));
    expect(page.text).toContain(new URL(second.github.webBase).host);
    expect(page.text).not.toContain(new URL(stack.github.webBase).host);
    expect(page.text).not.toContain(OCTOCAT.login);
    // The sign-in at the first GitHub is minutes old: it stands in for none at the second.
    second.github.autoApprove({ login: OCTOCAT.login });
    const hop = await browser.submit(page, { decision: 'allow' });
    expect(hop.location).toContain(second.github.webBase);
  });

  it('refresh and end each on its own', async () => {
    const [one, two] = [await session(atFirst()), await session(atSecond())];
    const refresh = async ({ client, tokens }: typeof one) =>
      await postForm(`${stack.publicUrl}/token`, refreshRequest(client, tokens.refresh_token));
    expect((await refresh(two)).status).toBe(200);
    const revoke = { token: two.tokens.refresh_token, client_id: two.client.clientId };
    expect((await postForm(`${stack.publicUrl}/revoke`, revoke)).status).toBe(200);
    expect((await refresh(two)).status).toBe(400);
    expect((await refresh(one)).status).toBe(200);
    expect((await callTool(stack.mcpUrl, one.tokens.access_token)).status).toBe(200);
  });

  it('delete the GitHub token of the last grant where it was issued', async () => {
    second.github.putUser({ login: 'leaves', id: 4_712 });
    const { client, tokens } = await session(atSecond(), { login: 'leaves' });
    const deletions = (github: Stack['github']) =>
      github.journal().filter(({ method, path }) => method === 'DELETE' && path.endsWith('/token')).length;
    const [atOne, atTwo] = [deletions(stack.github), deletions(second.github)];
    const revoke = { token: tokens.refresh_token, client_id: client.clientId };
    expect((await postForm(`${stack.publicUrl}/revoke`, revoke)).status).toBe(200);
    await vi.waitFor(
      () => {
        expect(deletions(second.github)).toBe(atTwo + 1);
      },
      { timeout: 20_000, interval: 100 },
    );
    expect(deletions(stack.github)).toBe(atOne);
  });

  it('follow up at their own GitHub what a worker reports of a refused token', async () => {
    second.github.putUser({ login: 'revoked', id: 4_713 });
    const { client, tokens } = await session(atSecond(), { login: 'revoked' });
    second.github.revokeApp('revoked', DEMO_OAUTH_APP.clientId);
    await (await callTool(second.mcpUrl, tokens.access_token)).text();
    await vi.waitFor(
      async () => {
        const refresh = refreshRequest(client, tokens.refresh_token);
        expect((await postForm(`${stack.publicUrl}/token`, refresh)).status).toBe(400);
      },
      { timeout: 20_000, interval: 500 },
    );
    expect(stack.events.filter(({ type }) => type === 'grant.ended')).toContainEqual(
      expect.objectContaining({ reason: 'credential_gone' }),
    );
  });
});
