import { connect } from 'node:net';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  GET_ME,
  initializeRequest,
  legacyRequest,
  modernRequest,
  sendMcp,
} from '../../support/mcp-messages.ts';
import { refreshRequest, signIn } from '../../support/oauth-client.ts';
import { rawExchange, rawRequest, statusesIn } from '../../support/raw-http.ts';
import { useStack } from '../../support/use-stack.ts';

const shared = useStack(() => ({
  env: {
    OAUTH_METADATA_PORT: '0',
    ADMIN_TOKEN: 'x'.repeat(40),
    ADMIN_PORT: '0',
    MCP_KEEP_ALIVE_TIMEOUT: '5',
  },
}));
let tokens: Awaited<ReturnType<typeof signIn>>['tokens'];
beforeAll(async () => {
  tokens = (await signIn(shared.stack, { client: shared.client })).tokens;
});

const raw = async (bytes: string, base = shared.stack.publicUrl) => await rawExchange(base, bytes);
const error = (body: string) => (JSON.parse(body) as Record<string, string>)['error'];
const description = (body: string) => (JSON.parse(body) as Record<string, string>)['error_description'];
const refusals = () => shared.stack.events.filter(({ type }) => type === 'edge.refused').length;

describe('HTTP/1.0', () => {
  it.each(['GET', 'HEAD'])('B04: %s /health of a probe without Host is 200', async (method) => {
    expect(await raw(`${method} /health HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 OK/);
  });

  it('B04: discovery and the challenge too, and whatever Host says', async () => {
    const path = '/.well-known/oauth-authorization-server';
    expect(await raw(`GET ${path} HTTP/1.0\r\n\r\n`)).toContain(`"issuer":"${shared.stack.publicUrl}"`);
    expect(await raw('POST /mcp HTTP/1.0\r\nhost: x_y\r\ncontent-length: 0\r\n\r\n')).toMatch(
      /^HTTP\/1\.1 401/,
    );
  });
});

describe('hosts and targets', () => {
  it.each(['mcp_gateway', 'mcp_gateway:3000', 'octocode_gateway_1', 'gw~1.local'])(
    'B05: Host %s is served, and nothing follows it',
    async (host) => {
      const received = await raw(rawRequest('GET /.well-known/oauth-protected-resource', [`host: ${host}`]));
      expect(received).toMatch(/^HTTP\/1\.1 200/);
      expect(received).not.toContain(host);
    },
  );

  it('B06: an absolute target that is ours is served, logged and counted by its path', async () => {
    const before = shared.stack.events.length;
    const received = await raw(
      rawRequest(`GET ${shared.stack.publicUrl}/health?x=1`, ['host: other.example']),
    );
    expect(statusesIn(received)).toEqual([200]);
    expect(shared.stack.events.slice(before)).toContainEqual(
      expect.objectContaining({ type: 'http.request.finished', route: '/health' }),
    );
  });

  it('B06: one that is not ours is 421 (RFC 9110 §15.5.20)', async () => {
    expect(statusesIn(await raw(rawRequest('GET http://evil.example/health', ['host: localhost'])))).toEqual([
      421,
    ]);
  });

  it('OPTIONS * has an answer (RFC 9110 §9.3.7)', async () => {
    expect(await raw(rawRequest('OPTIONS *', ['host: localhost']))).toMatch(
      /^HTTP\/1\.1 204[\s\S]*allow: GET/i,
    );
  });

  it('S17: the admin listener answers loopback names only (DNS rebinding)', async () => {
    const admin = shared.stack.side['admin'] ?? '';
    expect(statusesIn(await raw(rawRequest('GET /signing-keys', ['host: rebound.example']), admin))).toEqual([
      421,
    ]);
    expect(statusesIn(await raw(rawRequest('GET /signing-keys', ['host: localhost']), admin))).toEqual([401]);
  });
});

describe('every refusal at the edge', () => {
  it.each([
    ['no Host', 'GET /health HTTP/1.1\r\n\r\n', 400, 'host_missing'],
    ['a bad Host', 'GET /health HTTP/1.1\r\nhost: a/b\r\n\r\n', 400, 'host_malformed'],
    ['another authority', 'GET http://a.example/ HTTP/1.1\r\nhost: a\r\n\r\n', 421, 'target_foreign'],
    ['a bad escape', 'GET /%ff HTTP/1.1\r\nhost: a\r\n\r\n', 400, 'target_malformed'],
    [
      'a coding',
      'POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: gzip, chunked\r\n\r\n',
      501,
      'transfer_coding_unknown',
    ],
    ['an expectation', 'GET / HTTP/1.1\r\nhost: a\r\nexpect: tea\r\n\r\n', 417, 'expectation'],
    ['CONNECT', 'CONNECT a:1 HTTP/1.1\r\nhost: a:1\r\n\r\n', 405, 'connect'],
    ['an unknown method', 'BREW / HTTP/1.1\r\nhost: a\r\n\r\n', 501, 'unknown_method'],
    ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505, 'http2'],
    ['a TLS handshake', '\x16\x03\x01\x00\xc8\x01\x00\x00\xc4\x03\x03', 400, 'tls'],
    ['garbage', '\x00\x01\r\n\r\n', 400, 'malformed'],
    [
      'a large head',
      `GET / HTTP/1.1\r\nhost: a\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`,
      431,
      'header_too_large',
    ],
  ])(
    'B05: %s has a body that says why, a reference, a log line and a count',
    async (_t, bytes, status, reason) => {
      const before = refusals();
      const received = await raw(bytes);
      expect(statusesIn(received)).toEqual([status]);
      const [, body = ''] = /\r\n\r\n([\s\S]*)$/.exec(received) ?? [];
      const reference = /^x-request-id: (\S+)/im.exec(received)?.[1] ?? 'none';
      expect(error(body)).toEqual('invalid_request');
      expect(description(body)).toContain(reference);
      expect(refusals()).toBe(before + 1);
      expect(shared.stack.events.at(-1)).toMatchObject({ listener: 'main', reason, status });
      expect(shared.stack.log.join('')).toContain(`"reason":"${reason}"`);
    },
  );
});

describe('addresses of strangers that were 500', () => {
  it.each(['/device/x', '/device/xyzxyzxyzxyzxyzxyzxyz', '/authorize/x', '/interaction/x'])(
    'S17: GET %s is a page with a reference, and no fault of ours',
    async (path) => {
      const before = shared.stack.log.length;
      const response = await fetch(`${shared.stack.publicUrl}${path}`, { redirect: 'manual' });
      expect([400, 403]).toContain(response.status);
      expect(response.headers.get('content-type')).toMatch(/^text\/html/);
      expect(response.headers.get('cache-control')).toBe('no-store');
      expect(response.headers.get('x-request-id')).not.toBeNull();
      expect(shared.stack.log.slice(before).join('')).not.toMatch(/"level":(?:50|"error")/);
    },
  );
});

describe('endpoints beside which clients call', () => {
  it('POST /mcp/ says where to go, as an answer to the request', async () => {
    const { status, message } = await sendMcp(`${shared.stack.mcpUrl}/`, legacyRequest('ping'));
    expect(status).toBe(404);
    expect(message?.id).toBe(1);
    expect(message?.error?.message).toContain(shared.stack.mcpUrl);
  });

  it('its metadata path with a slash too much says so too', async () => {
    const path = '/.well-known/oauth-protected-resource/mcp';
    const response = await fetch(`${shared.stack.publicUrl}${path}/`);
    expect(response.status).toBe(404);
    const body = await response.text();
    expect(error(body)).toBe('not_found');
    expect(description(body)).toContain(`${shared.stack.publicUrl}${path}`);
  });
});

describe('methods that are not served', () => {
  it.each(['PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND'])(
    '%s is answered and the connection closed',
    async (method) => {
      const received = await raw(
        `${method} /mcp HTTP/1.1\r\nhost: a\r\nauthorization: Bearer ${tokens.access_token}\r\n\r\n`,
      );
      expect(received).toMatch(/^HTTP\/1\.1 (?:404|405)[\s\S]*connection: close/i);
    },
  );
});

describe('media types', () => {
  const answered = async (accept: string, post = legacyRequest('tools/call', GET_ME)) =>
    await sendMcp(shared.stack.mcpUrl, post, { accept, authorization: `Bearer ${tokens.access_token}` });

  it.each(['application/json', 'application/json, text/event-stream;q=0', 'application/*'])(
    'B08: a client that takes %s gets JSON (RFC 9110 §12.5.1)',
    async (accept) => {
      for (const post of [
        initializeRequest(),
        legacyRequest('tools/list'),
        legacyRequest('tools/call', GET_ME),
      ]) {
        const { status, headers, message } = await answered(accept, post);
        expect(status).toBe(200);
        expect(headers.get('content-type')).toMatch(/^application\/json/);
        expect(message?.result).toBeDefined();
      }
    },
  );

  it.each(['', '*/*', 'application/json, text/event-stream', 'text/*, application/json'])(
    'B08: one that takes %j gets the event stream of its revision',
    async (accept) => {
      expect((await answered(accept)).headers.get('content-type')).toMatch(/^text\/event-stream/);
    },
  );

  it('B08: a stateless call is JSON either way', async () => {
    const { headers } = await answered('application/json', modernRequest('tools/call', GET_ME));
    expect(headers.get('content-type')).toMatch(/^application\/json/);
  });

  it.each(['utf8', 'us-ascii', 'UTF-8', '"utf-8"', 'x-unknown'])(
    'a charset %s of a form or of JSON costs nothing (RFC 8259 §11)',
    async (charset) => {
      const register = await fetch(`${shared.stack.publicUrl}/register`, {
        method: 'POST',
        headers: { 'content-type': `application/json; charset=${charset}` },
        body: JSON.stringify({ redirect_uris: ['http://127.0.0.1/x'] }),
      });
      expect(register.status).toBe(201);
      const token = await fetch(`${shared.stack.publicUrl}/token`, {
        method: 'POST',
        headers: { 'content-type': `application/x-www-form-urlencoded;charset=${charset}` },
        body: 'grant_type=refresh_token&refresh_token=x&client_id=none',
      });
      expect(await token.json()).toMatchObject({ error: 'invalid_client' });
    },
  );
});

describe('a stray Authorization at the authorization server', () => {
  it.each(['Bearer old', 'Bearer', 'token x', 'Bearer a, Basic b', 'Negotiate x'])(
    'B09: %s of a public client is not looked at',
    async (authorization) => {
      const { tokens: own } = await signIn(shared.stack, { client: shared.client });
      const send = async (path: string, form: Record<string, string>) =>
        await fetch(`${shared.stack.publicUrl}${path}`, {
          method: 'POST',
          headers: { authorization },
          body: new URLSearchParams(form),
        });
      const client_id = shared.client.clientId;
      expect((await send('/token', refreshRequest(shared.client, own.refresh_token))).status).toBe(200);
      expect((await send('/device_authorization', { client_id, scope: 'read:user' })).status).toBe(200);
      expect((await send('/revoke', { client_id, token: own.refresh_token })).status).toBe(200);
    },
  );
});

describe('idle connections', () => {
  it('B11: are kept as long as MCP_KEEP_ALIVE_TIMEOUT says', { timeout: 15_000 }, async () => {
    const socket = connect(Number(new URL(shared.stack.publicUrl).port), '127.0.0.1');
    socket.write('GET /health HTTP/1.1\r\nhost: a\r\n\r\n');
    let received = '';
    socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
    const startedAt = Date.now();
    await new Promise((resolve) => socket.once('close', resolve));
    expect(received).toMatch(/keep-alive: timeout=5/i);
    expect(Date.now() - startedAt).toBeGreaterThan(4_900);
  });
});
