import { describe, expect, it } from 'vitest';
import { withoutSideEffect } from '../support/expect-answer.ts';
import { legacyRequest } from '../support/mcp-messages.ts';
import { rawExchange, rawRequest, statusesIn } from '../support/raw-http.ts';
import { useRecordedStack } from '../support/use-recorded-stack.ts';

const shared = useRecordedStack();
const BODY = JSON.stringify(legacyRequest('ping').body);

describe('request smuggling (RFC 9112 §6)', () => {
  const chunked = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\n\r\n`;
  const length = String(BODY.length);
  it.each([
    [
      '178 Content-Length and Transfer-Encoding',
      ['content-length: 3', 'transfer-encoding: chunked'],
      chunked,
    ],
    ['179 two lengths', ['content-length: 3', `content-length: ${length}`], BODY],
    ['179 the same length twice', [`content-length: ${length}`, `content-length: ${length}`], BODY],
    ['179 +5', [`content-length: +${length}`], BODY],
    ['179 0x5', ['content-length: 0x5'], BODY],
    ['179 a list', [`content-length: ${length}, ${length}`], BODY],
    ['179 a negative length', ['content-length: -1'], BODY],
    ['179 a length with an inner space', ['content-length: 1 1'], BODY],
    ['180 xchunked', ['transfer-encoding: xchunked'], chunked],
    ['180 chunked, identity', ['transfer-encoding: chunked, identity'], chunked],
    ['180 identity', ['transfer-encoding: identity'], BODY],
    ['180 chunked twice', ['transfer-encoding: chunked', 'transfer-encoding: chunked'], chunked],
    ['180 gzip, chunked', ['transfer-encoding: gzip, chunked'], chunked],
    ['180 chunked behind a vertical tab', ['transfer-encoding: \x0bchunked'], chunked],
    ['181 a chunk of 2^64', ['transfer-encoding: chunked'], `10000000000000000\r\n${BODY}`],
    ['181 a signed chunk', ['transfer-encoding: chunked'], `-1\r\n${BODY}`],
    ['181 a chunk extension of 1 MB', ['transfer-encoding: chunked'], `5;${'x'.repeat(1_000_000)}\r\n`],
    ['181 no final line end', ['transfer-encoding: chunked'], `${BODY.length.toString(16)}\r\n${BODY}XX`],
    ['182 a space before the colon', [`content-length : ${length}`], BODY],
    ['182 a folded header', ['x: a\r\n b', `content-length: ${length}`], BODY],
    ['182 a NUL in a value', ['x: a\0b', `content-length: ${length}`], BODY],
    ['182 a bare CR in a value', ['x: a\rb', `content-length: ${length}`], BODY],
    ['182 a bare LF between headers', [`x: a\ncontent-length: ${length}`], BODY],
    ['182 a space in a name', ['x y: a', `content-length: ${length}`], BODY],
  ])('%s is refused and nothing is forwarded', async (_title, framing: readonly string[], body) => {
    const { statuses, received } = await shared.rawNotForwarded(shared.authenticated(framing, body));
    expect([400, 413, 501], received).toContain(statuses[0]);
    expect(statuses).toHaveLength(1);
  });

  it('181 trailers are not headers: an Authorization behind the body is not looked at', async () => {
    const body = `${BODY.length.toString(16)}\r\n${BODY}\r\n0\r\nauthorization: ${shared.authorization}\r\n\r\n`;
    const headers = ['host: localhost', 'content-type: application/json', 'transfer-encoding: chunked'];
    const { statuses } = await shared.rawNotForwarded(rawRequest('POST /mcp', headers, body));
    expect(statuses).toEqual([401]);
  });

  it('183 a request hidden in the body of another stays a body', async () => {
    const hidden = rawRequest('GET /health', ['host: localhost']);
    const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping', params: { hidden } });
    const before = shared.worker.requests.length;
    const received = await rawExchange(
      shared.stack.publicUrl,
      shared.authenticated([`content-length: ${String(body.length)}`], body),
    );
    expect(statusesIn(received)).toEqual([200]);
    expect(shared.worker.requests.length).toBe(before + 1);
    expect(shared.worker.requests.at(-1)?.body).toBe(body);
  });

  it('183 what follows the declared length is another request and needs its own credentials', async () => {
    const hidden = rawRequest(
      'POST /mcp',
      ['host: localhost', 'content-type: application/json', `content-length: ${length}`],
      BODY,
    );
    const before = shared.worker.requests.length;
    const received = await rawExchange(
      shared.stack.publicUrl,
      shared.authenticated([`content-length: ${length}`, 'connection: keep-alive'], `${BODY}${hidden}`),
    );
    expect(statusesIn(received)).toEqual([200, 401]);
    expect(shared.worker.requests.length).toBe(before + 1);
  });

  it('184 a body that is announced by Expect is not asked for without credentials', async () => {
    const headers = [
      'host: localhost',
      'content-type: application/json',
      'content-length: 1000000',
      'expect: 100-continue',
    ];
    const { statuses } = await shared.rawNotForwarded(rawRequest('POST /mcp', headers));
    expect(statuses).toEqual([401]);
  });

  it.each([
    ['no Host', []],
    ['two Hosts', ['host: localhost', 'host: evil.example']],
    ['a Host with a path', ['host: localhost/x']],
    ['a Host with user information', ['host: a@evil.example']],
    ['a Host with a space', ['host: local host']],
  ])('185 %s is refused (RFC 9112 §3.2)', async (_title, hosts) => {
    const headers = [
      ...hosts,
      'content-type: application/json',
      `authorization: ${shared.authorization}`,
      `content-length: ${length}`,
    ];
    const { statuses } = await shared.rawNotForwarded(rawRequest('POST /mcp', headers, BODY));
    expect([400, 421]).toContain(statuses[0]);
  });

  it('185 an absolute target of another host is refused', async () => {
    const line = 'POST http://evil.example/mcp';
    const { statuses } = await shared.rawNotForwarded(
      shared.authenticated([`content-length: ${length}`], BODY, line),
    );
    expect([400, 404, 421]).toContain(statuses[0]);
  });
});

describe('paths', () => {
  it.each([
    '/mcp/../admin',
    '/mcp/%2e%2e/metrics',
    '//admin',
    '/mcp;/../admin',
    '/%6detrics',
    '/mcp%2f..%2fadmin',
    '/mcp\\..\\admin',
    '/mcp/',
    '/MCP',
    '/mcp%00',
    '//mcp',
    '/./mcp',
    '/x/../mcp',
    '/mcp/x',
  ])('186 %s is no path of ours: 404 or 400, nothing forwarded', async (target) => {
    const bytes = shared.authenticated([`content-length: ${String(BODY.length)}`], BODY, `POST ${target}`);
    const { statuses, received } = await shared.rawNotForwarded(bytes);
    expect([400, 404], received).toContain(statuses[0]);
  });

  it.each([
    '/metrics',
    '/health/detail',
    '/livez',
    '/readyz',
    '/admin',
    '/debug/pprof',
    '/.env',
    '/.git/config',
    '/%2e%2e/%2e%2e/etc/passwd',
    '/unknown',
  ])('187 %s is not on the public listener: 404', async (path) => {
    for (const method of ['GET', 'POST']) {
      const response = await withoutSideEffect(
        shared.stack,
        async () => await fetch(`${shared.stack.publicUrl}${path}`, { method }),
      );
      expect(response.status).toBe(404);
      expect(await response.text()).not.toMatch(/node_modules| {4}at /);
    }
  });

  it.each(['TRACE /mcp', 'TRACK /mcp', 'FOO /mcp', 'CONNECT evil.example:443', 'PROPFIND /mcp', 'OPTIONS *'])(
    '188 %s is refused and nothing is forwarded',
    async (line) => {
      const { statuses } = await shared.rawNotForwarded(
        rawRequest(line, ['host: localhost', `authorization: ${shared.authorization}`]),
      );
      for (const status of statuses) expect([204, 400, 404, 405, 501]).toContain(status);
    },
  );

  it('188 a method override changes nothing', async () => {
    const before = shared.worker.requests.length;
    const response = await fetch(shared.stack.mcpUrl, {
      headers: {
        authorization: shared.authorization,
        'x-http-method-override': 'POST',
        'x-method-override': 'POST',
      },
    });
    expect(response.status).toBe(405);
    expect(shared.worker.requests.length).toBe(before);
  });

  it.each(['websocket', 'h2c', 'TLS/1.0'])(
    '189 an offer to upgrade to %s is ignored (RFC 9110 §7.8), and what follows is a body',
    async (protocol) => {
      const hidden = rawRequest('GET /health', ['host: localhost']);
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping', params: { hidden } });
      const before = shared.worker.requests.length;
      const framing = [
        `upgrade: ${protocol}`,
        'connection: Upgrade, HTTP2-Settings, close',
        'http2-settings: AAEAAEAA',
        `content-length: ${String(body.length)}`,
      ];
      const received = await rawExchange(shared.stack.publicUrl, shared.authenticated(framing, body));
      expect(statusesIn(received)).toEqual([200]);
      expect(shared.worker.requests.slice(before)).toHaveLength(1);
      const forwarded = shared.worker.requests.at(-1);
      expect(forwarded?.body).toBe(body);
      expect(Object.keys(forwarded?.headers ?? {})).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/^(?:upgrade|http2-settings)$/)]),
      );
    },
  );
});
