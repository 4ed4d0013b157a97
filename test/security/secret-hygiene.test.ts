import { beforeAll, describe, expect, it } from 'vitest';
import { DEMO_OAUTH_APP } from '../github-simulator/index.ts';
import { openBrowser } from '../../deploy/demo/browser.ts';
import { GET_ME, initializeRequest, legacyRequest, modernRequest, sendMcp } from '../support/mcp-messages.ts';
import type { Tokens } from '../support/oauth-client.ts';
import {
  authorize,
  callTool,
  postForm,
  redemption,
  refreshRequest,
  signIn,
} from '../support/oauth-client.ts';
import { useStack } from '../support/use-stack.ts';

const shared = useStack(() => ({ workers: 2 }));
/** What the client and browser legitimately hold. */
const secrets = new Map<string, string>();
/** Every answer the client got after the secret it may carry once. */
const answers: string[] = [];

/** Everything the product does with secrets, success and failure. */
beforeAll(async () => {
  const { stack, client } = shared;
  const { code, request, browser } = await authorize(stack, client, { login: 'octocat' });
  const form = redemption(client, { code, codeVerifier: request.codeVerifier });
  const tokens = (await (await postForm(`${stack.publicUrl}/token`, form)).json()) as Tokens;
  const later = (await (
    await postForm(`${stack.publicUrl}/token`, refreshRequest(client, tokens.refresh_token))
  ).json()) as Tokens;
  const use = async (token: string) => {
    const authorization = `Bearer ${token}`;
    for (const post of [
      initializeRequest(),
      legacyRequest('tools/list'),
      modernRequest('tools/call', GET_ME),
    ]) {
      answers.push((await sendMcp(stack.mcpUrl, post, { authorization })).text);
    }
    answers.push(await (await callTool(stack.mcpUrl, token, 'nothing')).text());
    answers.push(await (await fetch(`${stack.mcpUrl}?access_token=${token}`)).text());
  };
  await use(later.access_token);
  await use(`${later.access_token}x`);
  stack.github.setFaults([
    { action: 'status', match: { host: 'api' }, status: 500, times: 1 },
    { action: 'html', match: { host: 'api' }, times: 1 },
  ]);
  await use(later.access_token);
  for (const wrong of [
    form,
    { ...form, code: `${code}x` },
    refreshRequest(client, `${later.refresh_token}x`),
    { ...refreshRequest(client, later.refresh_token), resource: 'https://evil.example' },
    { ...refreshRequest(client, later.refresh_token), client_id: 'unknown' },
  ]) {
    answers.push(await (await postForm(`${stack.publicUrl}/token`, wrong)).text());
  }
  answers.push((await openBrowser().get(`${stack.publicUrl}/auth/callback?state=${code}&code=${code}`)).text);
  stack.github.setFaults([{ action: 'html', match: { pathPrefix: '/login/oauth/access_token' } }]);
  await authorize(stack, client, { browser, parameters: { prompt: 'login' } });
  for (const [name, value] of Object.entries({
    code,
    verifier: request.codeVerifier,
    'first access token': tokens.access_token,
    'first refresh token': tokens.refresh_token,
    'second access token': later.access_token,
    'second refresh token': later.refresh_token,
  })) {
    secrets.set(name, value);
  }
  for (const { name, value } of browser.cookies())
    if (value.length >= 16) secrets.set(`cookie ${name}`, value);
});

describe('logs, at every level', () => {
  it('198 hold lines of sign-ins, calls and failures, so that their silence means something', () => {
    const text = shared.stack.log.join('\n');
    expect(shared.stack.log.length).toBeGreaterThan(10);
    expect(text).toContain('requestId');
  });

  it('091/198 hold no code, verifier, access token, refresh token or cookie', () => {
    const text = shared.stack.log.join('\n');
    for (const [name, secret] of secrets) expect(text.includes(secret), `${name} in the log`).toBe(false);
  });

  it('198 hold neither GitHub’s tokens nor the client secret', () => {
    const text = shared.stack.log.join('\n');
    expect(text).not.toMatch(/gh[opurs]_[A-Za-z0-9]{4}/);
    expect(text).not.toContain(DEMO_OAUTH_APP.clientSecret);
  });

  it('198 are single lines of JSON', () => {
    for (const line of shared.stack.log) {
      expect(line.trimEnd()).not.toContain('\n');
      expect(() => JSON.parse(line) as unknown).not.toThrow();
    }
  });
});

describe('the store', () => {
  it('115 holds no code, verifier, token or cookie in clear', () => {
    const dump = shared.stack.dump();
    for (const [name, secret] of secrets) {
      const isSessionCookie = name.startsWith('cookie');
      if (!isSessionCookie) expect(dump.includes(secret), `${name} in the store`).toBe(false);
    }
  });

  it('155 holds no cookie that binds a browser, and no signature without which a session cookie is none', () => {
    const binding = [...secrets].filter(([name]) => name.endsWith('.sig') || name.includes('gw_up'));
    expect(binding.length).toBeGreaterThan(0);
    for (const [name, secret] of binding) {
      expect(shared.stack.dump().includes(secret), `${name} in the store`).toBe(false);
    }
  });

  it('220 holds neither GitHub’s tokens nor the client secret', () => {
    expect(shared.stack.dump()).not.toMatch(/gh[opurs]_[A-Za-z0-9]{4}/);
    expect(shared.stack.dump()).not.toContain(DEMO_OAUTH_APP.clientSecret);
  });
});

describe('answers', () => {
  it('197 no answer to a client carries a GitHub token, the client secret or a stack trace', () => {
    expect(answers.length).toBeGreaterThan(15);
    for (const answer of answers) {
      expect(answer).not.toMatch(/gh[opurs]_[A-Za-z0-9]{4}/);
      expect(answer).not.toContain(DEMO_OAUTH_APP.clientSecret);
      expect(answer).not.toMatch(/node_modules| {4}at /);
    }
  });

  it('197 no answer repeats a secret that was presented', () => {
    for (const [name, secret] of secrets) {
      for (const answer of answers) expect(answer.includes(secret), `${name} in an answer`).toBe(false);
    }
  });
});

describe('what GitHub receives (MCP authorization, no token passthrough)', () => {
  it('197 is never a client’s access token, refresh token or code', async () => {
    const { tokens } = await signIn(shared.stack, { client: shared.client });
    await callTool(shared.stack.mcpUrl, tokens.access_token);
    expect(shared.stack.github.journal().some(({ path }) => path === '/user')).toBe(true);
    const presented = [tokens.access_token, tokens.refresh_token, ...secrets.values()];
    for (const secret of presented) expect(shared.stack.github.sightings(secret)).toEqual([]);
  });
});
