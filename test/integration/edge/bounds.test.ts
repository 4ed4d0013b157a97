import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { legacyRequest, modernRequest, sendMcp } from '../../support/mcp-messages.ts';
import { signIn } from '../../support/oauth-client.ts';
import { answerEmptyResult } from '../../support/recording-worker.ts';
import { until } from '../../support/redis.ts';
import { useRecordedStack } from '../../support/use-recorded-stack.ts';

const shared = useRecordedStack();
const MIB = 1024 * 1024;
let other = '';
beforeAll(async () => {
  other = (await signIn(shared.stack, { login: 'hubot', client: shared.client })).tokens.access_token;
});

const open: Socket[] = [];
const held: (() => void)[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.destroy();
  for (const answer of held.splice(0)) answer();
  shared.worker.answerWith(answerEmptyResult);
});

/** From now on the worker answers nothing until the test is over. */
function hold(): void {
  shared.worker.answerWith((res) => {
    held.push(() => {
      if (!res.destroyed) answerEmptyResult(res);
    });
  });
}

/** Starts a call and does not wait for its answer. */
function begin(bytes: string): { received: () => string } {
  const socket = connect(Number(new URL(shared.stack.publicUrl).port), '127.0.0.1');
  socket.on('error', () => undefined);
  let received = '';
  socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
  socket.write(bytes);
  open.push(socket);
  return { received: () => received };
}

const BODY = JSON.stringify(legacyRequest('ping').body);
const call = () =>
  shared.authenticated([`content-length: ${String(BODY.length)}`, 'connection: keep-alive'], BODY);
const limited = (limit: string) =>
  shared.stack.events.filter((event) => event.type === 'call.limited' && event.limit === limit).length;

describe('S5: one person with many calls', () => {
  it('is answered 429 from the 33rd on, before its body is read; nobody else notices', async () => {
    hold();
    const before = shared.worker.requests.length;
    for (let index = 0; index < 32; index += 1) begin(call());
    await until(() => shared.worker.requests.length === before + 32);
    const refused = begin(shared.authenticated([`content-length: ${String(MIB)}`], '{'));
    await until(() => refused.received().includes('\r\n\r\n'));
    expect(refused.received()).toMatch(/^HTTP\/1\.1 429[\s\S]*retry-after: 1/i);
    expect(limited('account_calls')).toBe(1);
    shared.worker.answerWith(answerEmptyResult);
    const answer = await sendMcp(shared.stack.mcpUrl, legacyRequest('ping'), {
      authorization: `Bearer ${other}`,
    });
    expect(answer.status).toBe(200);
    expect(shared.worker.requests.length).toBe(before + 33);
  });

  it('has its places back when its calls are over, or when it left', async () => {
    hold();
    const before = shared.worker.requests.length;
    for (let index = 0; index < 32; index += 1) begin(call());
    await until(() => shared.worker.requests.length === before + 32);
    for (const answer of held.splice(0)) answer();
    shared.worker.answerWith(answerEmptyResult);
    const { authorization } = shared;
    await until(
      async () =>
        (await sendMcp(shared.stack.mcpUrl, legacyRequest('ping'), { authorization })).status === 200,
    );
    expect(shared.worker.requests.length).toBe(before + 33);
  });

  it('opens 20 subscriptions, not 21', async () => {
    hold();
    const { authorization } = shared;
    const post = modernRequest('subscriptions/listen', { notifications: {} });
    const before = shared.worker.requests.length;
    const text = JSON.stringify(post.body);
    const listen = shared.authenticated(
      [
        `content-length: ${String(text.length)}`,
        'mcp-protocol-version: 2026-07-28',
        'mcp-method: subscriptions/listen',
      ],
      text,
    );
    for (let index = 0; index < 20; index += 1) begin(listen);
    await until(() => shared.worker.requests.length === before + 20);
    const refused = await sendMcp(shared.stack.mcpUrl, post, { authorization });
    expect(refused.status).toBe(429);
    expect(refused.message).toMatchObject({ id: 1 });
    expect(refused.headers.get('retry-after')).toBe('1');
    shared.worker.answerWith(answerEmptyResult);
    expect((await sendMcp(shared.stack.mcpUrl, legacyRequest('ping'), { authorization })).status).toBe(200);
  });
});

describe('S13: what a worker says', () => {
  const answered = async () =>
    await sendMcp(shared.stack.mcpUrl, legacyRequest('ping'), { authorization: shared.authorization });

  it.each([
    'repo", resource_metadata="https://evil.example/.well-known/x", error_description="x',
    'admin:org',
    'read:user',
    Array.from({ length: 20 }, (_, index) => `s${String(index)}`).join(' '),
    '',
  ])(
    'about scopes that the call did not offer it to ask for reaches no challenge and no store: %j',
    async (scopes) => {
      shared.worker.answerWith((res) => {
        res.writeHead(403, { 'x-gw-required-scopes': scopes, 'content-type': 'application/json' }).end('{}');
      });
      const before = shared.stack.snapshot();
      const { status, headers } = await answered();
      expect(status).toBe(502);
      expect(headers.get('www-authenticate')).toBeNull();
      expect(shared.stack.snapshot()).toEqual(before);
    },
  );

  it('about one that it was offered, among others, is the one that is asked for', async () => {
    shared.worker.answerWith((res) => {
      res
        .writeHead(403, { 'x-gw-required-scopes': 'repo x"y repo', 'content-type': 'application/json' })
        .end('{}');
    });
    const { status, headers } = await answered();
    expect(status).toBe(403);
    expect(headers.get('www-authenticate')).toContain('scope="read:user repo"');
  });

  it.each([
    [302, { location: 'https://evil.example/', 'content-type': 'application/json' }],
    [200, { 'content-type': 'text/html' }],
    [200, { 'content-type': 'image/svg+xml' }],
    [407, { 'content-type': 'text/plain' }],
    [206, { 'content-type': 'application/json' }],
  ])('with status %d and %j is no MCP answer: 502, and not a byte of it', async (status, headers) => {
    shared.worker.answerWith((res) => {
      res.writeHead(status, headers).end('<script>x</script>');
    });
    const answer = await answered();
    expect(answer.status).toBe(502);
    expect(answer.text).not.toContain('script');
    expect(answer.headers.get('location')).toBeNull();
  });
});
