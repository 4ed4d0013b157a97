import { beforeAll, describe, expect, it } from 'vitest';
import { withoutSideEffect } from '../support/expect-answer.ts';
import { signIn } from '../support/oauth-client.ts';
import { rawExchange, rawRequest, statusesIn } from '../support/raw-http.ts';
import { useStack } from '../support/use-stack.ts';

const shared = useStack(() => ({ env: { GITHUB_WEBHOOK_SECRET: 'a-webhook-secret-for-tests' } }));
let authorization = '';
beforeAll(async () => {
  const { tokens } = await signIn(shared.stack, { client: shared.client });
  authorization = `Bearer ${tokens.access_token}`;
});

interface Endpoint {
  readonly path: string;
  readonly methods: readonly string[];
  /** What a POST takes; undefined for endpoints without a body. */
  readonly contentType?: string;
  readonly headers?: () => readonly string[];
  /** A query that must be refused when one of its parameters is repeated. */
  readonly query?: string;
}

const FORM = 'application/x-www-form-urlencoded';
const JSON_TYPE = 'application/json';
const ENDPOINTS: readonly Endpoint[] = [
  { path: '/authorize', methods: ['GET', 'HEAD', 'OPTIONS'] },
  { path: '/token', methods: ['POST', 'OPTIONS'], contentType: FORM },
  { path: '/register', methods: ['POST', 'OPTIONS'], contentType: JSON_TYPE },
  { path: '/revoke', methods: ['POST', 'OPTIONS'], contentType: FORM },
  { path: '/device_authorization', methods: ['POST', 'OPTIONS'], contentType: FORM },
  // Showing the form opens a browser session, which is the one thing that GET stores.
  { path: '/device', methods: ['POST', 'GET', 'HEAD', 'OPTIONS'], contentType: FORM },
  { path: '/account', methods: ['GET', 'HEAD', 'OPTIONS'] },
  { path: '/account/sign-in', methods: ['POST', 'OPTIONS'], contentType: FORM },
  { path: '/account/sign-out', methods: ['POST', 'OPTIONS'], contentType: FORM },
  { path: '/account/revoke', methods: ['POST', 'OPTIONS'], contentType: FORM },
  { path: '/account/revoke-all', methods: ['POST', 'GET', 'HEAD', 'OPTIONS'], contentType: FORM },
  { path: '/account/disconnect', methods: ['POST', 'GET', 'HEAD', 'OPTIONS'], contentType: FORM },
  { path: '/webhooks/github', methods: ['POST'], contentType: JSON_TYPE },
  { path: '/jwks', methods: ['GET', 'HEAD', 'OPTIONS'] },
  { path: '/auth/callback', methods: ['GET'] },
  { path: '/interaction/unknown', methods: ['GET', 'HEAD', 'POST', 'OPTIONS'], contentType: FORM },
  { path: '/health', methods: ['GET', 'HEAD', 'OPTIONS'] },
  { path: '/.well-known/oauth-protected-resource', methods: ['GET', 'HEAD', 'OPTIONS'] },
  { path: '/.well-known/oauth-protected-resource/mcp', methods: ['GET', 'HEAD', 'OPTIONS'] },
  { path: '/.well-known/oauth-authorization-server', methods: ['GET', 'HEAD', 'OPTIONS'] },
  { path: '/.well-known/openid-configuration', methods: ['GET', 'HEAD', 'OPTIONS'] },
  {
    path: '/mcp',
    methods: ['POST', 'OPTIONS'],
    contentType: JSON_TYPE,
    headers: () => [`authorization: ${authorization}`],
  },
];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND'];

async function statusOf(endpoint: Endpoint, line: string, headers: readonly string[] = [], body = '') {
  const own = endpoint.headers?.() ?? [];
  const bytes = rawRequest(line, ['host: localhost', ...own, ...headers], body);
  const received = await withoutSideEffect(
    shared.stack,
    async () => await rawExchange(shared.stack.publicUrl, bytes),
  );
  expect(received).not.toMatch(/node_modules|\n {4}at \S+ \(/);
  return statusesIn(received)[0] ?? 0;
}

async function statusOfBody(endpoint: Endpoint, contentType: string, body: string) {
  const headers = [`content-type: ${contentType}`, `content-length: ${String(Buffer.byteLength(body))}`];
  return await statusOf(endpoint, `POST ${endpoint.path}`, headers, body);
}

const wrongMethods = ENDPOINTS.flatMap((endpoint) =>
  METHODS.filter((method) => !endpoint.methods.includes(method)).map((method) => ({
    title: `${method} ${endpoint.path}`,
    endpoint,
    method,
  })),
);
const withBody = ENDPOINTS.filter(({ contentType }) => contentType !== undefined);

describe('a method that an endpoint does not have is 405 or 404', () => {
  it.each(wrongMethods)('$title', async ({ endpoint, method }) => {
    expect([404, 405]).toContain(await statusOf(endpoint, `${method} ${endpoint.path}`));
  });
});

describe('a body of another type is refused', () => {
  it.each(withBody)('POST $path', async (endpoint) => {
    for (const type of [
      'text/plain',
      'multipart/form-data; boundary=x',
      'application/xml',
      'x/y',
      'garbage',
    ]) {
      // A webhook is authenticated before anything of it is looked at.
      expect([400, 401, 403, 415], type).toContain(await statusOfBody(endpoint, type, 'a=b'));
    }
  });
});

describe('an oversized body is refused', () => {
  it.each(withBody)('POST $path', async (endpoint) => {
    const type = endpoint.contentType ?? '';
    const filler = 'x'.repeat(1_200_000);
    const body = type === FORM ? `a=${filler}` : JSON.stringify({ a: filler });
    expect([400, 403, 413]).toContain(await statusOfBody(endpoint, type, body));
  });
});

describe('a malformed body is refused', () => {
  it.each(withBody)('POST $path', async (endpoint) => {
    const bodies =
      endpoint.contentType === FORM
        ? ['', '&', '=', '%', '%zz=%zz', 'a', '&&==&&', 'grant_type', '[]=1', '__proto__=1', 'a[b][c]=1']
        : ['', '{', '[', '"', 'null', '[]', '1', 'undefined', '{"a":}', '{}{}', '\0'];
    for (const body of bodies) {
      const status = await statusOfBody(endpoint, endpoint.contentType ?? '', body);
      expect([400, 401, 403, 429], body).toContain(status);
    }
  });
});

describe('a repeated parameter is refused', () => {
  it.each([
    ['/token', 'grant_type=refresh_token&refresh_token=a&refresh_token=b'],
    ['/token', 'grant_type=a&grant_type=b'],
    ['/device_authorization', 'scope=read:user&scope=repo'],
    ['/device_authorization', 'client_id=other'],
    ['/revoke', 'token=a&token=b'],
    ['/revoke', 'token=a&token_type_hint=a&token_type_hint=b'],
  ])('POST %s %s', async (path, parameters) => {
    const endpoint = ENDPOINTS.find((each) => each.path === path);
    if (endpoint === undefined) throw new RangeError(path);
    const body = `client_id=${shared.client.clientId}&${parameters}`;
    expect(await statusOfBody(endpoint, FORM, body)).toBe(400);
  });

  it.each(['state=a&state=b', 'state=a&code=a&code=b', 'state=a&error=a&error=b'])(
    'GET /auth/callback?%s',
    async (query) => {
      const endpoint = { path: '/auth/callback', methods: [] };
      expect(await statusOf(endpoint, `GET /auth/callback?${query}`)).toBe(400);
    },
  );
});

describe('NUL and control characters are refused or mean nothing', () => {
  it.each(withBody)('in the body of POST $path', async (endpoint) => {
    for (const character of ['\\u0000', '\\u001b', '\\u000a', '\\u202e']) {
      const encoded = encodeURIComponent(JSON.parse(`"${character}"`) as string);
      const body =
        endpoint.contentType === FORM
          ? `grant_type=${encoded}&token=${encoded}&client_id=${encoded}&csrf=${encoded}`
          : `{"jsonrpc":"2.0${character}","redirect_uris":["http://127.0.0.1/${character}"]}`;
      const status = await statusOfBody(endpoint, endpoint.contentType ?? '', body);
      // Wrong user codes are limited by address: after ten they are no longer looked at.
      expect([400, 401, 403, 429], character).toContain(status);
    }
  });

  it.each(ENDPOINTS)('in the path and query of $path', async (endpoint) => {
    const [method = 'GET'] = endpoint.methods;
    for (const target of [`${endpoint.path}%00`, `${endpoint.path}%0d%0ax:y`, `${endpoint.path}%1b`]) {
      const status = await statusOf(endpoint, `${method} ${target}`);
      expect([400, 403, 404], target).toContain(status);
    }
    for (const query of ['%00', 'a=%00', '%0d%0ax:%20y', 'client_id=%00', 'state=%00', '%', '%zz', '=&=']) {
      const status = await statusOf(endpoint, `${method} ${endpoint.path}?${query}`);
      expect(status, query).toBeLessThan(500);
    }
  });
});

describe('a header of 20 kB is 431', () => {
  it.each(ENDPOINTS)('$path', async (endpoint) => {
    const [method = 'GET'] = endpoint.methods;
    expect(await statusOf(endpoint, `${method} ${endpoint.path}`, [`x: ${'y'.repeat(20_000)}`])).toBe(431);
  });

  it.each(ENDPOINTS)('$path with a target of 20 kB', async (endpoint) => {
    const [method = 'GET'] = endpoint.methods;
    const status = await statusOf(endpoint, `${method} ${endpoint.path}?a=${'y'.repeat(20_000)}`);
    expect([414, 431]).toContain(status);
  });
});
