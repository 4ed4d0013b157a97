import { describe, expect, it, onTestFinished } from 'vitest';
import { createOutgoingHttp, OutgoingHttpError } from '../../../shared/outgoing-http/index.ts';
import type {
  ProxiedHttp,
  OutgoingHttpOptions,
  OutgoingRequest,
} from '../../../shared/outgoing-http/index.ts';
import { startHttp, startHttp2, startHttps, startProxy } from './listeners.ts';
import { createSelfSigned } from './self-signed.ts';

function open(options: Partial<OutgoingHttpOptions> = {}): ProxiedHttp {
  const http = createOutgoingHttp({ userAgent: 'octocode-test/1', ...options });
  onTestFinished(() => http.close());
  return http;
}

const get = (url: string, rest: Partial<OutgoingRequest> = {}): OutgoingRequest => ({
  url,
  method: 'GET',
  timeoutMs: 2000,
  maxBytes: 1024,
  ...rest,
});

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'answered',
    (error: unknown) => error,
  );

describe('a request', () => {
  it('carries method, path, headers, body and our User-Agent, and asks for no compression', async () => {
    const seen: unknown[] = [];
    const origin = await startHttp((request, response) => {
      const { method, url, headers } = request;
      const { accept, 'user-agent': agent, 'accept-encoding': encoding } = headers;
      request.on('data', (chunk: Buffer) => seen.push(chunk.toString()));
      request.on('end', () => {
        seen.push({ method, url, accept, agent, encoding });
        response.writeHead(201, { 'x-answer': 'yes' }).end('done');
      });
    });
    const answer = await open().request(
      get(`${origin}/a%2Fb?c=d`, {
        method: 'POST',
        body: 'hello',
        headers: { Accept: 'text/plain', 'Accept-Encoding': 'gzip' },
      }),
    );
    expect(seen).toEqual([
      'hello',
      {
        method: 'POST',
        url: '/a%2Fb?c=d',
        accept: 'text/plain',
        agent: 'octocode-test/1',
        encoding: 'identity',
      },
    ]);
    expect(answer).toMatchObject({ status: 201, headers: { 'x-answer': 'yes' }, body: Buffer.from('done') });
  });

  it('returns a redirect instead of following it', async () => {
    let calls = 0;
    const origin = await startHttp((_request, response) => {
      calls += 1;
      response.writeHead(302, { location: '/elsewhere' }).end();
    });
    expect((await open().request(get(origin))).status).toBe(302);
    expect(calls).toBe(1);
  });

  it('keeps connections for later requests', async () => {
    const ports = new Set<number | undefined>();
    const origin = await startHttp((request, response) => {
      ports.add(request.socket.remotePort);
      response.end('ok');
    });
    const http = open();
    for (let count = 0; count < 10; count += 1) await http.request(get(origin));
    expect(ports.size).toBeLessThanOrEqual(2);
  });
});

describe('a failure', () => {
  it('is timeout when the headers do not come in time', async () => {
    const origin = await startHttp(() => undefined);
    expect(await failureOf(open().request(get(origin, { timeoutMs: 50 })))).toMatchObject({
      code: 'timeout',
    });
  });

  it('is timeout when bytes keep coming beyond the total deadline', async () => {
    const origin = await startHttp((_request, response) => {
      const drip = setInterval(() => response.write('.'), 10);
      response.on('close', () => clearInterval(drip));
    });
    expect(await failureOf(open().request(get(origin, { timeoutMs: 100 })))).toMatchObject({
      code: 'timeout',
    });
  });

  it('is too_large by the announced length alone, without waiting for the body', async () => {
    const origin = await startHttp((_request, response) => {
      response.writeHead(200, { 'content-length': '10000000000' }).flushHeaders();
    });
    expect(await failureOf(open().request(get(origin)))).toMatchObject({ code: 'too_large' });
  });

  it('is too_large when more bytes come than allowed, without an announced length', async () => {
    const origin = await startHttp((_request, response) => {
      response.write('x'.repeat(1000));
      response.end('x'.repeat(25));
    });
    expect(await failureOf(open().request(get(origin)))).toMatchObject({ code: 'too_large' });
    expect((await open().request(get(origin, { maxBytes: 1025 }))).body).toHaveLength(1025);
  });

  it('is protocol when the answer is compressed although identity was asked for', async () => {
    const origin = await startHttp((_request, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end('x'),
    );
    expect(await failureOf(open().request(get(origin)))).toMatchObject({ code: 'protocol' });
  });

  it('is reset when the connection is cut in the body', async () => {
    const origin = await startHttp((_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    });
    expect(await failureOf(open().request(get(origin)))).toMatchObject({ code: 'reset' });
  });

  it('is connect_failed when nobody listens', async () => {
    const origin = await startHttp(() => undefined);
    const unused = origin.replace(/:\d+$/, ':1');
    expect(await failureOf(open().request(get(unused)))).toMatchObject({
      code: 'connect_failed',
      reason: 'ECONNREFUSED',
    });
  });

  it('is aborted when the caller gives up, before and during the request', async () => {
    const origin = await startHttp(() => undefined);
    const caller = new AbortController();
    const running = failureOf(open().request(get(origin, { signal: caller.signal })));
    caller.abort();
    expect(await running).toMatchObject({ code: 'aborted' });
    expect(await failureOf(open().request(get(origin, { signal: AbortSignal.abort() })))).toMatchObject({
      code: 'aborted',
    });
  });

  it('is aborted after close', async () => {
    const origin = await startHttp((_request, response) => response.end('ok'));
    const http = open();
    await http.close();
    expect(await failureOf(http.request(get(origin)))).toMatchObject({ code: 'aborted' });
  });

  it.each([
    'http://example.com/',
    'ftp://localhost/',
    'http://user:hunter2@127.0.0.1/',
    'http://user@127.0.0.1:1/',
    'https://a.test/#f',
    'x',
  ])('is protocol for the target %s, before any connection', async (url) => {
    const failure = await failureOf(open().request(get(url)));
    expect(failure).toBeInstanceOf(OutgoingHttpError);
    expect(failure).toMatchObject({ code: 'protocol' });
    expect(String(failure)).not.toContain('hunter2');
  });

  it('tells neither path nor query nor headers nor answer bytes (T15)', async () => {
    const origin = await startHttp((request, response) => {
      request.socket.end('gho_secret_in_a_broken_answer\r\n\r\n');
      response.on('error', () => undefined);
    });
    const failure = await failureOf(
      open().request(
        get(`${origin}/gho_path?t=gho_query`, { headers: { authorization: 'Bearer gho_header' } }),
      ),
    );
    expect(failure).toMatchObject({ code: 'protocol' });
    expect(JSON.stringify(failure) + String(failure)).not.toMatch(/gho_/);
    expect(failure).not.toHaveProperty('cause');
  });

  it('refuses a header that would split the request, without repeating it', async () => {
    const origin = await startHttp((_request, response) => response.end('ok'));
    const failure = await failureOf(open().request(get(origin, { headers: { 'x-a': 'secret\r\nx-b: c' } })));
    expect(failure).toMatchObject({ code: 'protocol' });
    expect(String(failure)).not.toContain('secret');
  });

  it.each([{ timeoutMs: 0 }, { timeoutMs: 1e10 }, { maxBytes: Number.NaN }])(
    'is a RangeError for limits that would mean none: %j',
    async (limits) => {
      expect(await failureOf(open().request(get('http://127.0.0.1:1/', limits)))).toBeInstanceOf(RangeError);
    },
  );
});

describe('TLS', () => {
  it('refuses an unknown authority and accepts it as extraCa', async () => {
    const credentials = createSelfSigned();
    const port = await startHttps(credentials, (_request, response) => response.end('ok'));
    const url = `https://localhost:${String(port)}/`;
    expect(await failureOf(open().request(get(url)))).toMatchObject({ code: 'tls' });
    expect((await open({ extraCa: credentials.cert }).request(get(url))).status).toBe(200);
  });

  it('speaks HTTP/1.1 to a server that prefers HTTP/2, direct and through the proxy', async () => {
    const credentials = createSelfSigned();
    const versions: string[] = [];
    const port = await startHttp2(credentials, (request, response) => {
      versions.push(request.httpVersion);
      response.end('ok');
    });
    const url = `https://localhost:${String(port)}/`;
    await open({ extraCa: credentials.cert }).request(get(url));
    const { url: httpsProxy } = await startProxy();
    await open({ extraCa: credentials.cert, httpsProxy }).request(get(url));
    expect(versions).toEqual(['1.1', '1.1']);
  });
});

describe('the proxy', () => {
  it('is reached by CONNECT for https, with its credentials, which the target never sees', async () => {
    const credentials = createSelfSigned();
    let headers: unknown;
    const port = await startHttps(credentials, (request, response) => {
      headers = request.headers;
      response.end('ok');
    });
    const proxy = await startProxy();
    const http = open({
      httpsProxy: proxy.url.replace('http://', 'http://user:pass@'),
      extraCa: credentials.cert,
    });
    expect((await http.request(get(`https://localhost:${String(port)}/`))).status).toBe(200);
    expect(proxy.targets).toEqual([`localhost:${String(port)}`]);
    expect(proxy.authorizations).toEqual([`Basic ${Buffer.from('user:pass').toString('base64')}`]);
    expect(headers).not.toHaveProperty('proxy-authorization');
  });

  it('is not used for hosts in NO_PROXY', async () => {
    const credentials = createSelfSigned();
    const port = await startHttps(credentials, (_request, response) => response.end('ok'));
    const proxy = await startProxy();
    const http = open({ httpsProxy: proxy.url, noProxy: 'localhost', extraCa: credentials.cert });
    expect((await http.request(get(`https://localhost:${String(port)}/`))).status).toBe(200);
    expect(proxy.targets).toEqual([]);
  });

  it('is not used for http on loopback', async () => {
    const origin = await startHttp((_request, response) => response.end('ok'));
    const proxy = await startProxy();
    expect((await open({ httpsProxy: proxy.url }).request(get(origin))).status).toBe(200);
    expect(proxy.targets).toEqual([]);
  });

  it('that is replaced is left: the next request goes through the new one, a running one finishes', async () => {
    const credentials = createSelfSigned();
    let answer: () => void = () => undefined;
    const arrived = Promise.withResolvers<undefined>();
    const port = await startHttps(credentials, (request, response) => {
      if (request.url !== '/slow') {
        response.end('ok');
        return;
      }
      answer = () => void response.end('ok');
      arrived.resolve(undefined);
    });
    const [before, after] = [await startProxy(), await startProxy()];
    const http = open({ httpsProxy: before.url, extraCa: credentials.cert });
    const url = (path: string) => get(`https://localhost:${String(port)}${path}`);
    const running = http.request(url('/slow'));
    await arrived.promise;
    http.replaceProxy(after.url);
    expect((await http.request(url('/'))).status).toBe(200);
    answer();
    expect((await running).status).toBe(200);
    expect([before.targets.length, after.targets.length]).toEqual([1, 1]);
    expect(() => {
      http.replaceProxy('socks://u:geheim@x');
    }).toThrow(/^httpsProxy: must be an http:\/\/ or https:\/\/ URL$/);
    expect((await http.request(url('/'))).status).toBe(200);
  });

  it('that refuses CONNECT is connect_failed', async () => {
    const proxy = await startProxy(true);
    const failure = await failureOf(open({ httpsProxy: proxy.url }).request(get('https://api.github.test/')));
    expect(failure).toMatchObject({ code: 'connect_failed' });
  });
});
