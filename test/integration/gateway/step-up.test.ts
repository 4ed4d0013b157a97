import type { StoredOAuthClientInformation, StoredOAuthTokens } from '@modelcontextprotocol/client';
import { Client, StreamableHTTPClientTransport, UnauthorizedError } from '@modelcontextprotocol/client';
import { Client as LegacyClient } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as LegacyTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { OAuthClientInformationMixed, OAuthTokens } from '@modelcontextprotocol/sdk/shared/auth.js';
import { decodeJwt } from 'jose';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../../shared/clock.ts';
import { GATEWAY_CONTEXT_HEADER, REQUIRED_SCOPES_HEADER } from '../../../shared/gateway-context/index.ts';
import { keys, openSqliteStore } from '../../../shared/store/index.ts';
import { modernRequest, sendMcp } from '../../support/mcp-messages.ts';
import { callTool, signIn } from '../../support/oauth-client.ts';
import type { RecordedRequest } from '../../support/recording-worker.ts';
import { answerEmptyResult, startRecordingWorker } from '../../support/recording-worker.ts';
import { redisEnvironment, startRedis } from '../../support/redis.ts';
import { createSdkSignIn } from '../../support/sdk-session.ts';
import { startStack } from '../../support/stack.ts';
import { useStack } from '../../support/use-stack.ts';

const shared = useStack();
const TOOL = 'githubGetFileContent';
const file = (repo: string) => ({ owner: 'octocat', repo, path: 'README.md', fullContent: true });
const PRIVATE = { queries: [file('secret-plans')] };
const MIXED = { queries: [file('secret-plans'), file('hello-world')] };

/** Every person-and-client pair is asked once: each test comes with a client of its own. */
async function person() {
  return await signIn(shared.stack);
}

describe('a call that needs more scope than its token has (MCP authorization, step-up)', () => {
  it('is answered 403 with what to ask for, in both eras, before anything else was sent', async () => {
    const first = await person();
    const legacy = await callTool(shared.stack.mcpUrl, first.tokens.access_token, TOOL, PRIVATE);
    expect(legacy.status).toBe(403);
    const challenge = legacy.headers.get('www-authenticate') ?? '';
    expect(challenge).toMatch(/^Bearer error="insufficient_scope"/);
    expect(challenge).toContain('scope="read:user repo"');
    expect(challenge).toContain('resource_metadata="');
    expect(legacy.headers.get('x-gw-required-scopes')).toBeNull();
  });

  it('is answered in its row when another row has an answer', async () => {
    const { tokens } = await person();
    const answer = await callTool(shared.stack.mcpUrl, tokens.access_token, TOOL, MIXED);
    expect(answer.status).toBe(200);
    const text = await answer.text();
    expect(text).toContain('requiredScopes');
    expect(text).toContain('# hello-world');
  });
});

describe('a client that cannot step up', () => {
  it('is asked once; then the answer itself says what is missing', async () => {
    const stack = await startStack();
    try {
      const { tokens } = await signIn(stack);
      const ask = async () => await callTool(stack.mcpUrl, tokens.access_token, TOOL, PRIVATE);
      expect((await ask()).status).toBe(403);
      const second = await ask();
      expect(second.status).toBe(200);
      expect(await second.text()).toContain('requiredScopes');
      const authorization = { authorization: `Bearer ${tokens.access_token}` };
      const modern = await sendMcp(
        stack.mcpUrl,
        modernRequest('tools/call', { name: TOOL, arguments: PRIVATE }),
        authorization,
      );
      expect(modern.status).toBe(200);
    } finally {
      await stack.close();
    }
  });

  it('such as the 1.x SDK, refreshes and gets the answer without its person being asked', async () => {
    const stack = await startStack();
    try {
      const { session, approve } = createSdkSignIn<OAuthClientInformationMixed, OAuthTokens>('Legacy');
      const transport = () => new LegacyTransport(new URL(stack.mcpUrl), { authProvider: session });
      const first = transport();
      await new LegacyClient({ name: 'x', version: '1' }).connect(first).catch(() => undefined);
      await first.finishAuth((await approve(stack, 'octocat')).get('code') ?? '');
      const client = new LegacyClient({ name: 'x', version: '1' });
      await client.connect(transport());
      const result = await client.callTool({ name: TOOL, arguments: PRIVATE });
      expect(JSON.stringify(result)).toContain('requiredScopes');
      await client.close();
    } finally {
      await stack.close();
    }
  });
});

describe('a client whose calls go to two gateways', () => {
  const call = async (gateway: string, accessToken: string) =>
    await callTool(`${gateway}/mcp`, accessToken, TOOL, PRIVATE);

  it('is asked by one of them; the other answers with the reason, the first time already', async () => {
    const stack = await startStack({ gateways: 2 });
    onTestFinished(stack.close);
    const [first = '', second = ''] = stack.gateways;
    const { tokens } = await signIn(stack);
    expect((await call(first, tokens.access_token)).status).toBe(403);
    for (const gateway of [second, second, first]) {
      const answer = await call(gateway, tokens.access_token);
      expect(answer.status).toBe(200);
      expect(await answer.text()).toContain('requiredScopes');
    }
    const message = modernRequest('tools/call', { name: TOOL, arguments: PRIVATE });
    const authorization = { authorization: `Bearer ${tokens.access_token}` };
    expect((await sendMcp(`${second}/mcp`, message, authorization)).status).toBe(200);
    expect(stack.events.filter(({ type }) => type === 'step_up.asked')).toHaveLength(1);
  });

  it('is asked by one of them when they all come at once', async () => {
    const stack = await startStack({ gateways: 2 });
    onTestFinished(stack.close);
    const { tokens } = await signIn(stack);
    const answers = await Promise.all(
      [...stack.gateways, ...stack.gateways].map(async (gateway) => await call(gateway, tokens.access_token)),
    );
    const statuses = answers.map(({ status }) => status).toSorted((a, b) => a - b);
    expect(statuses).toEqual([200, 200, 200, 403]);
    const texts = await Promise.all(answers.map(async (answer) => await answer.text()));
    for (const text of texts.filter((_, index) => answers[index]?.status === 200))
      expect(text).toContain('requiredScopes');
  });
});

/** A tool that `repo` shows more. */
const HELPED = 'githubSearchCode';

describe('a question for more scope', () => {
  /** A gateway whose worker asks for `repo` as long as it may, and what it was allowed to ask for. */
  async function startAsking(env: Record<string, string> = {}) {
    const worker = await startRecordingWorker();
    onTestFinished(worker.close);
    const stack = await startStack({ workers: 0, env: { WORKER_URLS: worker.url, ...env } });
    onTestFinished(stack.close);
    worker.answerWith((res) => {
      const mayAsk = mayAskIn(worker.requests.at(-1));
      if (!mayAsk.includes('repo')) answerEmptyResult(res);
      else res.writeHead(403, { [REQUIRED_SCOPES_HEADER]: 'repo' }).end();
    });
    return { stack, worker };
  }

  function mayAskIn(request: RecordedRequest | undefined): readonly string[] {
    const { stepUp } = decodeJwt(String(request?.headers[GATEWAY_CONTEXT_HEADER]));
    return stepUp as readonly string[];
  }

  it('is never asked for a tool that it would show nothing more (the catalogue says which scopes help)', async () => {
    const { stack, worker } = await startAsking();
    const { tokens } = await signIn(stack);
    for (const tool of ['githubGetMe', HELPED, 'toolOfAnotherVersion'])
      await callTool(stack.mcpUrl, tokens.access_token, tool);
    expect(worker.requests.map(mayAskIn)).toEqual([[], ['repo'], ['read:org']]);
  });

  it('is asked by what the gateway remembers while the store is away, once', async () => {
    const redis = await startRedis();
    const { stack } = await startAsking(redisEnvironment(redis));
    const { tokens } = await signIn(stack);
    await redis.stop();
    expect((await callTool(stack.mcpUrl, tokens.access_token, HELPED)).status).toBe(403);
    expect((await callTool(stack.mcpUrl, tokens.access_token, HELPED)).status).toBe(200);
  });

  it('that was asked before costs the call one more way to a worker, with the same bytes', async () => {
    const { stack, worker } = await startAsking();
    const { tokens } = await signIn(stack);
    const claims = decodeJwt(tokens.access_token);
    const store = await openSqliteStore({ folder: stack.stateDir, clock: systemClock });
    onTestFinished(store.close);
    const key = keys.stepUpQuestion({
      sub: String(claims.sub),
      clientId: String(claims['client_id']),
      resource: String(claims.aud),
      scope: 'repo',
    });
    const expiresAt = Date.now() + 60_000;
    await store.commit([{ op: 'put', key, value: '', expiresAt }]);
    expect((await callTool(stack.mcpUrl, tokens.access_token, HELPED)).status).toBe(200);
    expect(worker.requests.map(mayAskIn)).toEqual([['repo'], []]);
    const [first, second] = worker.requests;
    expect(second?.body).toBe(first?.body);
    expect((await callTool(stack.mcpUrl, tokens.access_token, HELPED)).status).toBe(200);
    expect(worker.requests).toHaveLength(3);
  });

  it('that a worker asks without permission is a fault of the worker, not a loop', async () => {
    const { stack, worker } = await startAsking();
    const { tokens } = await signIn(stack);
    worker.answerWith((res) => res.writeHead(403, { [REQUIRED_SCOPES_HEADER]: 'repo' }).end());
    expect((await callTool(stack.mcpUrl, tokens.access_token, HELPED)).status).toBe(403);
    expect((await callTool(stack.mcpUrl, tokens.access_token, HELPED)).status).toBe(502);
    // S13: what the call did not allow it to ask for is no answer, and no reason to send the call once more.
    expect(worker.requests).toHaveLength(2);
  });
});

describe('a client that steps up, the 2.x SDK', () => {
  it('asks for both scopes, and the same call succeeds', async () => {
    const stack = await startStack();
    try {
      const signIn = createSdkSignIn<StoredOAuthClientInformation, StoredOAuthTokens>('Current');
      const transport = () =>
        new StreamableHTTPClientTransport(new URL(stack.mcpUrl), { authProvider: signIn.session });
      const identity = { name: 'x', version: '1' };
      const first = transport();
      await expect(new Client(identity).connect(first)).rejects.toBeInstanceOf(UnauthorizedError);
      await first.finishAuth(await signIn.approve(stack, 'octocat'));
      const client = new Client(identity);
      const second = transport();
      await client.connect(second);
      await expect(client.callTool({ name: TOOL, arguments: PRIVATE })).rejects.toThrow();
      const asked = signIn.authorizationUrl().searchParams.get('scope')?.split(' ').sort();
      expect(asked).toEqual(['read:user', 'repo']);
      await second.finishAuth(await signIn.approve(stack, 'octocat'));
      await client.close();
      const again = new Client(identity);
      await again.connect(transport());
      const result = await again.callTool({ name: TOOL, arguments: PRIVATE });
      expect(JSON.stringify(result)).not.toContain('requiredScopes');
      await again.close();
    } finally {
      await stack.close();
    }
  });
});

describe('a GitHub App', () => {
  it('is never asked for scopes: it has permissions instead', async () => {
    const stack = await startStack({ env: { GITHUB_OAUTH_SCOPES: 'none' } });
    try {
      const { tokens } = await signIn(stack, { parameters: { scope: undefined } });
      const args = { queries: [file('does-not-exist')] };
      expect((await callTool(stack.mcpUrl, tokens.access_token, TOOL, args)).status).toBe(200);
    } finally {
      await stack.close();
    }
  });
});

describe('a person who declines', () => {
  it('is asked again after an hour, not at every call', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const stack = await startStack();
    try {
      const { tokens, client } = await signIn(stack);
      expect((await callTool(stack.mcpUrl, tokens.access_token, TOOL, PRIVATE)).status).toBe(403);
      const declined = await signIn(stack, { client });
      expect((await callTool(stack.mcpUrl, declined.tokens.access_token, TOOL, PRIVATE)).status).toBe(200);
      vi.setSystemTime(Date.now() + 3_600_000);
      const later = await signIn(stack, { client });
      expect((await callTool(stack.mcpUrl, later.tokens.access_token, TOOL, PRIVATE)).status).toBe(403);
    } finally {
      await stack.close();
      vi.useRealTimers();
    }
  });
});
