import { beforeEach, describe, expect, it } from 'vitest';
import { withoutSideEffect } from '../support/expect-answer.ts';
import type { McpPost } from '../support/mcp-messages.ts';
import { GET_ME, legacyRequest, modernRequest, sendMcp } from '../support/mcp-messages.ts';
import { useRecordedStack } from '../support/use-recorded-stack.ts';

const shared = useRecordedStack();
let before = 0;
beforeEach(() => {
  before = shared.worker.requests.length;
});

async function send(post: McpPost, more: Record<string, string> = {}) {
  return await withoutSideEffect(
    shared.stack,
    async () => await sendMcp(shared.stack.mcpUrl, post, { authorization: shared.authorization, ...more }),
  );
}

/** A body that must be refused before a worker sees it. */
async function expectRefused(body: unknown, code = -32600) {
  const startedAt = performance.now();
  const answer = await send({ body, headers: legacyRequest('ping').headers });
  expect(performance.now() - startedAt).toBeLessThan(1000);
  expect(answer.status, answer.text).toBe(400);
  expect(answer.message?.error?.code).toBe(code);
  expect(shared.worker.requests.length).toBe(before);
}

describe('origins (MCP streamable-http, DNS rebinding)', () => {
  it.each([
    'https://evil.example',
    'null',
    'http://localhost',
    'http://localhost:1',
    'https://localhost',
    'http://localhost.evil.example',
    'http://evil.example#localhost',
    'PORT.evil.example',
    'SLASH',
    '',
  ])('200 origin %j is 403 and nothing is forwarded', async (given) => {
    const own = shared.stack.publicUrl;
    const origin =
      given === 'SLASH' ? `${own}/` : given === 'PORT.evil.example' ? `${own}.evil.example` : given;
    const response = await withoutSideEffect(shared.stack, async () => {
      const { body, headers } = legacyRequest('ping');
      return await fetch(shared.stack.mcpUrl, {
        method: 'POST',
        headers: { ...headers, authorization: shared.authorization, origin },
        body: JSON.stringify(body),
      });
    });
    expect(response.status).toBe(403);
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
    expect(shared.worker.requests.length).toBe(before);
  });

  it('202 no Origin, and our own, are accepted', async () => {
    expect((await send(legacyRequest('ping'))).status).toBe(200);
    expect((await send(legacyRequest('ping'), { origin: shared.stack.publicUrl })).status).toBe(200);
  });

  it('200 a foreign origin is refused before its credentials are looked at', async () => {
    const answer = await sendMcp(shared.stack.mcpUrl, legacyRequest('ping'), {
      origin: 'https://evil.example',
    });
    expect(answer.status).toBe(403);
    expect(answer.headers.get('www-authenticate')).toBeNull();
  });
});

describe('sessions', () => {
  it.each(['someone-elses-session', 'x'.repeat(10_000), '../../etc'])(
    '203 Mcp-Session-Id is neither used, passed on nor echoed (CVE-2026-52869)',
    async (session) => {
      for (const post of [legacyRequest('ping'), modernRequest('tools/call', GET_ME)]) {
        const answer = await send(post, { 'mcp-session-id': session, 'last-event-id': '1' });
        expect(answer.status).toBe(200);
        expect([...answer.headers.keys()].filter((name) => name.includes('session'))).toEqual([]);
        expect(JSON.stringify(shared.worker.requests.at(-1)?.headers)).not.toContain(session);
      }
    },
  );
});

describe('bodies that are not one message', () => {
  const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
  it.each([
    ['a batch', [ping, ping]],
    ['a batch of one', [ping]],
    ['an empty batch', []],
    ['a response', { jsonrpc: '2.0', id: 1, result: {} }],
    ['an error response', { jsonrpc: '2.0', id: 1, error: { code: 1, message: 'x' } }],
    ['a string', '"x"'],
    ['a number', '1'],
    ['null', 'null'],
    ['an object without jsonrpc', { id: 1, method: 'ping' }],
    ['jsonrpc 1.0', { ...ping, jsonrpc: '1.0' }],
    ['a method that is no string', { ...ping, method: 1 }],
    ['an empty method', { ...ping, method: '' }],
    ['params that are a list', { ...ping, params: [] }],
    ['params that are a string', { ...ping, params: 'x' }],
  ])('204 %s is 400', async (_title, body) => {
    await expectRefused(body);
  });

  it.each([
    ['two documents', `${JSON.stringify(ping)}${JSON.stringify(ping)}`],
    ['two lines', `${JSON.stringify(ping)}\n${JSON.stringify(ping)}`],
    ['half a document', '{"jsonrpc":"2.0"'],
    ['nothing', ''],
    ['a byte order mark', `\ufeff${JSON.stringify(ping)}`],
    ['single quotes', "{'jsonrpc':'2.0'}"],
    ['a NUL behind it', `${JSON.stringify(ping)}\0`],
  ])('204 %s is a parse error', async (_title, body) => {
    await expectRefused(body, -32700);
  });

  it.each([
    ['a repeated method', '{"jsonrpc":"2.0","id":1,"method":"ping","method":"tools/call"}'],
    [
      'a repeated method, once escaped',
      '{"jsonrpc":"2.0","id":1,"method":"ping","\\u006dethod":"tools/call"}',
    ],
    ['a repeated params', '{"jsonrpc":"2.0","id":1,"method":"ping","params":{},"params":{"a":1}}'],
    [
      'a repeated name inside',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b"}}',
    ],
  ])('204 %s is refused: two parsers could read two messages', async (_title, body) => {
    await expectRefused(body);
  });

  it.each([
    ['10,000 levels', `${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)}`],
    ['10,000 levels of lists', `${'['.repeat(10_000)}${']'.repeat(10_000)}`],
    ['100,000 keys', `{${Array.from({ length: 90_000 }, (_, index) => `"k${String(index)}":1`).join(',')}}`],
    ['a number of 1 MB', `{"jsonrpc":"2.0","id":1,"method":"ping","params":{"n":${'9'.repeat(900_000)}}}`],
    ['a lone surrogate', '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"s":"\\ud800"}}'],
    ['a lone surrogate as key', '{"jsonrpc":"2.0","id":1,"method":"ping","params":{"\\udfff":1}}'],
  ])('205 %s is 400, quickly', async (_title, body) => {
    await expectRefused(body);
  });

  it('205 bytes that are not UTF-8 are refused', async () => {
    const { headers } = legacyRequest('ping');
    const bytes = Buffer.concat([
      Buffer.from('{"jsonrpc":"2.0","id":1,"method":"'),
      Buffer.from([0xff, 0xfe]),
      Buffer.from('"}'),
    ]);
    const response = await fetch(shared.stack.mcpUrl, {
      method: 'POST',
      headers: { ...headers, authorization: shared.authorization },
      body: bytes,
    });
    expect(response.status).toBe(400);
    expect(shared.worker.requests.length).toBe(before);
  });

  it.each([
    ['null', null],
    ['1.5', 1.5],
    ['2^60', 2 ** 60],
    ['an object', {}],
    ['a list', [1]],
    ['true', true],
  ])('206 id %s is refused: answers could not be told apart', async (_title, id) => {
    await expectRefused({ ...ping, id });
  });

  it('206 parallel calls with one id each get their own answer', async () => {
    shared.worker.answerWith((res) => {
      const { body } = shared.worker.requests.at(-1) ?? { body: '{}' };
      const { params } = JSON.parse(body) as { params: { canary: string } };
      res.writeHead(200, { 'content-type': 'application/json' });
      res.end(JSON.stringify({ jsonrpc: '2.0', id: 1, result: params }));
    });
    const canaries = Array.from({ length: 50 }, (_, index) => `canary-${String(index)}`);
    const answers = await Promise.all(
      canaries.map(async (canary) => {
        const { headers, body } = legacyRequest('ping', { canary });
        return await sendMcp(shared.stack.mcpUrl, { headers, body }, { authorization: shared.authorization });
      }),
    );
    expect(answers.map(({ message }) => message?.result?.['canary'])).toEqual(canaries);
  });
});

describe('headers that mirror the body (MCP 2026-07-28)', () => {
  it.each([
    ['207 no Mcp-Method', { 'mcp-method': '' }],
    ['207 another Mcp-Method', { 'mcp-method': 'tools/list' }],
    ['207 Mcp-Method in another case', { 'mcp-method': 'Tools/Call' }],
    ['207 no Mcp-Name', { 'mcp-name': '' }],
    ['207 another Mcp-Name', { 'mcp-name': 'other' }],
    ['207 a Mcp-Name of broken base64', { 'mcp-name': '=?base64?!!!?=' }],
    ['207 a Mcp-Name of another base64', { 'mcp-name': `=?base64?${btoa('other')}?=` }],
    ['208 another version', { 'mcp-protocol-version': '2025-11-25' }],
    ['208 no version', { 'mcp-protocol-version': '' }],
    ['208 an unknown version', { 'mcp-protocol-version': '2099-01-01' }],
  ])('%s is 400 with -32020 and nothing is forwarded', async (_title, headers) => {
    const answer = await send(modernRequest('tools/call', GET_ME), headers);
    expect(answer.status).toBe(400);
    expect(answer.message).toMatchObject({ id: 1, error: { code: -32020 } });
    expect(shared.worker.requests.length).toBe(before);
  });

  it('207 a legacy body with lying Mcp-Method is judged by its body', async () => {
    const answer = await send(legacyRequest('tools/call', GET_ME), { 'mcp-method': 'tools/list' });
    expect(answer.status).toBe(200);
    expect(shared.worker.requests.at(-1)?.body).toContain('tools/call');
  });
});

describe('methods', () => {
  it.each(['GET', 'DELETE', 'PUT', 'PATCH', 'HEAD'])(
    '209 %s with a token is 405 with Allow',
    async (method) => {
      const response = await withoutSideEffect(
        shared.stack,
        async () =>
          await fetch(shared.stack.mcpUrl, { method, headers: { authorization: shared.authorization } }),
      );
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('POST');
      expect(shared.worker.requests.length).toBe(before);
    },
  );
});
