import { beforeAll, describe, expect } from 'vitest';
import type { McpPost } from '../support/mcp-messages.ts';
import {
  GET_ME,
  initializeRequest,
  legacyRequest,
  MODERN_VERSION,
  modernMeta,
  modernRequest,
  sendMcp,
} from '../support/mcp-messages.ts';
import { signIn } from '../support/oauth-client.ts';
import type { RecordingWorker } from '../support/recording-worker.ts';
import { startRecordingWorker } from '../support/recording-worker.ts';
import { useStack } from '../support/use-stack.ts';
import { verifies } from './verifies.ts';

const shared = useStack(() => ({ workers: 2 }));
let authorization = '';
beforeAll(async () => {
  const { tokens } = await signIn(shared.stack, { client: shared.client });
  authorization = `Bearer ${tokens.access_token}`;
});

async function send(post: McpPost, more: Record<string, string> = {}) {
  return await sendMcp(shared.stack.mcpUrl, post, { authorization, ...more });
}

/** The `_meta` of a modern request without one of its members. */
function metaWithout(member: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(modernMeta()).filter(([key]) => !key.endsWith(member)));
}

function withMeta(method: string, meta: Record<string, unknown>): McpPost {
  const { headers } = modernRequest(method);
  return { headers, body: { jsonrpc: '2.0', id: 1, method, params: { _meta: meta } } };
}

describe('messages', () => {
  verifies('T1', 'one request per POST is answered, and a notification has no answer', async () => {
    const { status, message } = await send(modernRequest('tools/call', GET_ME));
    expect(status).toBe(200);
    expect(message).toMatchObject({ jsonrpc: '2.0', id: 1 });
  });

  verifies('T1', 'batches and responses are 400', async () => {
    const { body, headers } = modernRequest('tools/list');
    expect((await send({ body: [body], headers })).status).toBe(400);
    expect((await send({ body: { jsonrpc: '2.0', id: 1, result: {} }, headers })).status).toBe(400);
  });

  verifies('T2', 'a foreign Origin is 403, with or without a good token', async () => {
    for (const token of [authorization, '']) {
      const answer = await send(modernRequest('tools/list'), {
        origin: 'https://evil.example',
        authorization: token,
      });
      expect(answer.status).toBe(403);
    }
  });

  verifies('T3', 'each way to accept both types is answered', async () => {
    const accepts = [
      'application/json, text/event-stream',
      'text/event-stream, application/json;q=0.5',
      '*/*',
      '',
    ];
    for (const accept of accepts) {
      expect((await send(modernRequest('tools/list'), { accept })).status, accept).toBe(200);
    }
  });

  verifies('T3', 'a notification is 202 without a body', async () => {
    const { headers } = modernRequest('notifications/cancelled');
    const body = {
      jsonrpc: '2.0',
      method: 'notifications/cancelled',
      params: { requestId: 99, _meta: modernMeta() },
    };
    const answer = await send({ body, headers });
    expect(answer.status).toBe(202);
    expect(answer.text).toBe('');
  });
});

describe('headers that mirror the body', () => {
  async function expectMismatch(headers: Record<string, string>): Promise<void> {
    const answer = await send(modernRequest('tools/call', GET_ME), headers);
    expect(answer.status).toBe(400);
    expect(answer.message).toMatchObject({ jsonrpc: '2.0', error: { code: -32020 } });
  }

  verifies('T4', 'a missing or other version is -32020', async () => {
    await expectMismatch({ 'mcp-protocol-version': '' });
    await expectMismatch({ 'mcp-protocol-version': '2025-11-25' });
  });

  verifies('T5', 'a missing or other method or name is -32020', async () => {
    await expectMismatch({ 'mcp-method': '' });
    await expectMismatch({ 'mcp-method': 'tools/list' });
    await expectMismatch({ 'mcp-name': '' });
    await expectMismatch({ 'mcp-name': 'githubDeleteEverything' });
  });

  verifies('T6', 'a base64 name is compared decoded', async () => {
    const encode = (text: string) => `=?base64?${Buffer.from(text).toString('base64')}?=`;
    const answer = await send(modernRequest('tools/call', GET_ME), { 'mcp-name': encode('githubGetMe') });
    expect(answer.status).toBe(200);
    await expectMismatch({ 'mcp-name': encode('other') });
    await expectMismatch({ 'mcp-name': '=?base64?%%%?=' });
  });

  verifies('T8', 'the refusal carries the id of the call', async () => {
    const answer = await send(modernRequest('tools/call', GET_ME), { 'mcp-method': 'tools/list' });
    expect(answer.message?.id).toBe(1);
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  });
});

describe('what is not supported', () => {
  verifies('T10', 'an unknown version is 400 with -32022 and the supported ones', async () => {
    const answer = await send(modernRequest('tools/list', {}, '2099-12-31'));
    expect(answer.status).toBe(400);
    expect(answer.message?.error).toMatchObject({
      code: -32022,
      data: { requested: '2099-12-31', supported: expect.arrayContaining([MODERN_VERSION]) as unknown },
    });
  });

  verifies('T11', 'an unknown method is 404 with -32601', async () => {
    for (const method of ['nothing/here', 'ping', 'logging/setLevel', 'resources/subscribe']) {
      const answer = await send(modernRequest(method));
      expect(answer.status, method).toBe(404);
      expect(answer.message?.error?.code).toBe(-32601);
    }
  });

  verifies(
    'T12',
    'a stateless header without _meta, or without capabilities, is 400 with -32602',
    async () => {
      const bare = { ...modernRequest('tools/list'), body: legacyRequest('tools/list').body };
      for (const post of [bare, withMeta('tools/list', metaWithout('clientCapabilities'))]) {
        const answer = await send(post);
        expect(answer.status).toBe(400);
        expect(answer.message?.error?.code).toBe(-32602);
      }
    },
  );

  verifies('T22', 'errors use no code that this revision took back', async () => {
    const posts = [
      modernRequest('resources/read', { uri: 'test://nothing' }),
      modernRequest('tools/call', { name: 'nothing', arguments: {} }),
      modernRequest('prompts/get', { name: 'nothing' }),
      modernRequest('nothing/here'),
      modernRequest('tools/call', { name: 'githubGetMe', arguments: { unexpected: 1 } }),
    ];
    for (const post of posts) {
      const { message } = await send(post);
      expect([-32002, -32042]).not.toContain(message?.error?.code);
      const { code = 0 } = message?.error ?? {};
      if (code <= -32020 && code >= -32099) expect([-32020, -32021, -32022]).toContain(code);
    }
  });

  verifies('T25', 'initialize that asks for a stateless revision learns one that fits it', async () => {
    const { status, message } = await send(initializeRequest(MODERN_VERSION));
    expect(status).toBe(200);
    expect(message?.result?.['protocolVersion']).toBe('2025-11-25');
  });

  verifies('T14', 'GET and DELETE are 405, and session headers mean nothing', async () => {
    for (const method of ['GET', 'DELETE']) {
      const response = await fetch(shared.stack.mcpUrl, {
        method,
        headers: { authorization, 'mcp-protocol-version': MODERN_VERSION },
      });
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('POST');
    }
    const answer = await send(modernRequest('tools/list'), { 'mcp-session-id': 'x', 'last-event-id': '7' });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('mcp-session-id')).toBeNull();
  });
});

describe('results', () => {
  verifies('T13', 'server/discover names versions, capabilities and cache hints', async () => {
    const { status, message } = await send(modernRequest('server/discover'));
    expect(status).toBe(200);
    expect(message?.result).toMatchObject({
      supportedVersions: expect.arrayContaining([MODERN_VERSION]) as unknown,
      capabilities: { tools: expect.anything() as unknown },
    });
  });

  verifies('T15', 'every result names its type and the server', async () => {
    for (const post of [
      modernRequest('server/discover'),
      modernRequest('tools/list'),
      modernRequest('tools/call', GET_ME),
    ]) {
      const { message } = await send(post);
      expect(message?.result?.['resultType']).toBe('complete');
      expect(JSON.stringify(message?.result?.['_meta'])).toContain('octocode-mcp-worker');
    }
  });

  verifies('T16', 'what may be cached says for how long and for whom', async () => {
    for (const method of ['server/discover', 'tools/list']) {
      const { message } = await send(modernRequest(method));
      expect(message?.result?.['ttlMs'], method).toBeGreaterThanOrEqual(0);
      expect(['public', 'private']).toContain(message?.result?.['cacheScope']);
    }
  });

  verifies('T16', 'no answer may be cached by anything on the way', async () => {
    const { headers } = await send(modernRequest('tools/list'));
    expect(headers.get('cache-control')).toBe('no-store');
  });

  verifies('T17', 'tools are listed in one order, whichever worker answers', async () => {
    const lists = await Promise.all(
      Array.from(
        { length: 6 },
        async () => (await send(modernRequest('tools/list'))).message?.result?.['tools'],
      ),
    );
    expect(JSON.stringify(lists[0])).toContain('githubGetMe');
    for (const list of lists) expect(list).toEqual(lists[0]);
  });
});

describe('cancellation', () => {
  let worker: RecordingWorker;
  beforeAll(async () => {
    worker = await startRecordingWorker();
    return async () => {
      await worker.close();
    };
  });
  const recorded = useStack(() => ({ workers: 0, env: { WORKER_URLS: worker.url } }));

  verifies('T18', 'a client that leaves ends its call at the worker', async () => {
    worker.answerWith((res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write(': working\n\n');
    });
    const { tokens } = await signIn(recorded.stack, { client: recorded.client });
    const leaving = new AbortController();
    const { headers, body } = modernRequest('tools/call', GET_ME);
    const next = worker.next();
    await fetch(recorded.stack.mcpUrl, {
      method: 'POST',
      headers: { ...headers, authorization: `Bearer ${tokens.access_token}` },
      body: JSON.stringify(body),
      signal: leaving.signal,
    });
    const { cutOff } = await next;
    leaving.abort();
    await expect(cutOff).resolves.toBeUndefined();
  });
});
