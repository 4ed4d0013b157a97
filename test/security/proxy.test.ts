import { gzipSync } from 'node:zlib';
import { beforeEach, describe, expect, it } from 'vitest';
import { withoutSideEffect } from '../support/expect-answer.ts';
import { GET_ME, legacyRequest, modernRequest, sendMcp } from '../support/mcp-messages.ts';
import { rawRequest } from '../support/raw-http.ts';
import { answerEmptyResult } from '../support/recording-worker.ts';
import { useRecordedStack } from '../support/use-recorded-stack.ts';

const shared = useRecordedStack();
beforeEach(() => {
  shared.worker.answerWith(answerEmptyResult);
});

const BODY = JSON.stringify(legacyRequest('ping').body);

/** What reached the worker for one call with these headers. */
async function forwarded(headers: Record<string, string>) {
  const next = shared.worker.next();
  const answer = await sendMcp(shared.stack.mcpUrl, legacyRequest('tools/call', GET_ME), {
    authorization: shared.authorization,
    ...headers,
  });
  expect(answer.status).toBe(200);
  return { answer, request: await next };
}

describe('what a worker sees of a client', () => {
  it('175 none of the headers that claim an identity or a proxy', async () => {
    const { request } = await forwarded({
      'x-forwarded-user': 'root',
      'x-forwarded-email': 'a@b',
      'X-Gw-User': 'root',
      'x-gw-context': 'forged',
      x_gw_user: 'root',
      x_forwarded_user: 'root',
      'X-Forwarded-For': '1.2.3.4',
      forwarded: 'for=1.2.3.4',
      'x-real-ip': '1.2.3.4',
      'x-original-url': '/admin',
      'x-rewrite-url': '/admin',
      'x-http-method-override': 'DELETE',
      cookie: 'gw_sid=x',
      'proxy-authorization': 'Basic x',
      'x-request-id': 'mine',
      te: 'trailers',
    });
    const names = Object.keys(request.headers);
    expect(
      names.filter((name) => /forwarded|real|override|cookie|proxy|rewrite|original|gw.user/.test(name)),
    ).toEqual([]);
    expect(request.headers['x-gw-context']).toMatch(/^eyJ/);
    expect(request.headers['x-request-id']).not.toBe('mine');
    expect(request.target).toBe('/mcp');
    expect(request.method).toBe('POST');
  });

  it('175 a gateway context arrives once, whatever the client sends beside it', async () => {
    const { request } = await forwarded({ 'x-gw-context': 'forged', 'X-Gw-Context': 'forged' });
    const values = request.rawHeaders.filter((_, index) =>
      /^x-gw-context$/i.test(request.rawHeaders[index - 1] ?? ''),
    );
    expect(values).toHaveLength(1);
    expect(values[0]).not.toContain('forged');
  });

  it.each([
    'x-forwarded-uri',
    'x-forwarded-prefix',
    'x-forwarded-method',
    'x-forwarded-host',
    'x-forwarded-proto',
  ])('176 %s of an untrusted peer changes neither the path nor the answer', async (name) => {
    const { request } = await forwarded({ [name]: '/metrics' });
    expect(request.target).toBe('/mcp');
    const challenge = await sendMcp(shared.stack.mcpUrl, legacyRequest('ping'), { [name]: 'evil.example' });
    expect(challenge.headers.get('www-authenticate')).not.toContain('evil');
  });

  it('the body reaches the worker byte for byte', async () => {
    const body =
      '{"jsonrpc":"2.0", "id" : 7,\n"method":"tools/call","params":{"name":"é\\u00e9","arguments":{"n":1.0}}}';
    const next = shared.worker.next();
    await sendMcp(
      shared.stack.mcpUrl,
      { body, headers: legacyRequest('ping').headers },
      { authorization: shared.authorization },
    );
    expect((await next).body).toBe(body);
  });
});

describe('what a client sees of a worker', () => {
  it('196 cookies, banners, internal locations and CORS of a worker stay behind', async () => {
    shared.worker.answerWith((res) => {
      res.writeHead(200, {
        'content-type': 'application/json',
        'set-cookie': ['a=b', 'gw_sid=evil'],
        location: 'http://10.0.0.1/internal',
        server: 'worker/1',
        'x-powered-by': 'x',
        'access-control-allow-origin': '*',
        'access-control-allow-credentials': 'true',
        'strict-transport-security': 'max-age=1',
        'www-authenticate': 'Bearer realm="worker"',
        'x-gw-context': 'x',
        'mcp-session-id': 'x',
      });
      res.end('{"jsonrpc":"2.0","id":1,"result":{}}');
    });
    const { answer } = await forwarded({});
    const names = [...answer.headers.keys()];
    expect(
      names.filter((name) =>
        /cookie|location|server|powered|access-control|strict|www-|gw-|session/.test(name),
      ),
    ).toEqual([]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('196 the 401 of a worker becomes the gateway’s challenge', async () => {
    shared.worker.answerWith((res) => {
      res.writeHead(401, { 'www-authenticate': 'Bearer realm="worker"' }).end('internal detail');
    });
    const answer = await sendMcp(shared.stack.mcpUrl, legacyRequest('ping'), {
      authorization: shared.authorization,
    });
    expect(answer.status).toBe(401);
    expect(answer.headers.get('www-authenticate')).toContain('resource_metadata=');
    expect(answer.text).not.toContain('internal');
  });

  it('an answer that breaks off cuts the client’s connection too, so that a part is never the whole', async () => {
    shared.worker.answerWith((res) => {
      res.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
      res.write('{"jsonrpc":"2.0"', () => res.destroy());
    });
    const call = sendMcp(shared.stack.mcpUrl, legacyRequest('ping'), { authorization: shared.authorization });
    await expect(call).rejects.toThrow();
  });

  it('a worker that dies before it answers is a 502 with the call’s id', async () => {
    shared.worker.answerWith((res) => res.destroy());
    const answer = await sendMcp(shared.stack.mcpUrl, legacyRequest('ping'), {
      authorization: shared.authorization,
    });
    expect(answer.status).toBe(502);
    expect(answer.message).toMatchObject({ id: 1, error: { code: -32603 } });
  });
});

describe('bodies', () => {
  async function refusedBody(
    body: string | Uint8Array<ArrayBuffer>,
    headers: Record<string, string>,
  ): Promise<number> {
    const before = shared.worker.requests.length;
    const response = await withoutSideEffect(
      shared.stack,
      async () =>
        await fetch(shared.stack.mcpUrl, {
          method: 'POST',
          headers: { 'content-type': 'application/json', authorization: shared.authorization, ...headers },
          body,
        }),
    );
    await response.text();
    expect(shared.worker.requests.length).toBe(before);
    return response.status;
  }

  it('191 a body above the cap is 413, announced or not', async () => {
    expect(await refusedBody('x'.repeat(1_100_000), {})).toBe(413);
    const headers = ['transfer-encoding: chunked'];
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const { statuses } = await shared.rawNotForwarded(
      shared.authenticated(headers, `${chunk.repeat(20)}0\r\n\r\n`),
    );
    expect(statuses).toEqual([413]);
  });

  it('191 a length of 100 MB is 413 before anything is read', async () => {
    const { statuses } = await shared.rawNotForwarded(
      shared.authenticated(['content-length: 104857600'], ''),
    );
    expect(statuses[0]).toBe(413);
  });

  it.each(['gzip', 'br', 'zstd', 'deflate', 'x-unknown'])('192 a body coded %s is 415', async (encoding) => {
    expect(await refusedBody(new Uint8Array(gzipSync(BODY)), { 'content-encoding': encoding })).toBe(415);
  });

  it.each([
    'multipart/form-data; boundary=x',
    'application/x-www-form-urlencoded',
    'text/plain',
    'application/jsonp',
    'text/event-stream',
    '',
  ])('193 content type %j is 415', async (contentType) => {
    const headers = contentType === '' ? [] : [`content-type: ${contentType}`];
    const { statuses } = await shared.rawNotForwarded(
      rawRequest(
        'POST /mcp',
        [
          'host: localhost',
          `authorization: ${shared.authorization}`,
          `content-length: ${String(BODY.length)}`,
          ...headers,
        ],
        BODY,
      ),
    );
    expect(statuses).toEqual([415]);
  });

  it('193 a multipart body with line ends in a field name is no token request either', async () => {
    const body =
      '--x\r\ncontent-disposition: form-data; name="grant_type\r\nx: y"\r\n\r\nrefresh_token\r\n--x--\r\n';
    const response = await withoutSideEffect(
      shared.stack,
      async () =>
        await fetch(`${shared.stack.publicUrl}/token`, {
          method: 'POST',
          headers: { 'content-type': 'multipart/form-data; boundary=x' },
          body,
        }),
    );
    expect([400, 415]).toContain(response.status);
  });

  it('199 2,000 headers, or one of 64 kB, are refused with 431', async () => {
    const many = Array.from({ length: 2000 }, (_, index) => `x-${String(index)}: y`);
    for (const headers of [many, [`x: ${'y'.repeat(65_536)}`]]) {
      const { statuses } = await shared.rawNotForwarded(
        rawRequest('GET /mcp', ['host: localhost', ...headers]),
      );
      expect(statuses).toEqual([431]);
    }
  });
});

describe('disconnects', () => {
  it('194 a stateless call is cancelled at the worker when its client leaves', async () => {
    shared.worker.answerWith((res) => {
      res.writeHead(200, { 'content-type': 'text/event-stream' });
      res.write(': open\n\n');
    });
    const next = shared.worker.next();
    const leaving = new AbortController();
    const { headers, body } = modernRequest('tools/call', GET_ME);
    const response = await fetch(shared.stack.mcpUrl, {
      method: 'POST',
      headers: { ...headers, authorization: shared.authorization },
      body: JSON.stringify(body),
      signal: leaving.signal,
    });
    expect(response.status).toBe(200);
    const request = await next;
    leaving.abort();
    await request.cutOff;
  });
});
