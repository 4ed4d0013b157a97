import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createGitHubApi, GitHubApiError, githubHostFromBases } from '../../../shared/github/index.ts';
import type { GitHubApi, GitHubApiOptions } from '../../../shared/github/index.ts';
import { createOutgoingHttp } from '../../../shared/outgoing-http/index.ts';
import type { OutgoingHttp } from '../../../shared/outgoing-http/index.ts';

const TOKEN = 'gho_0123456789';

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

function openHttp(): OutgoingHttp {
  const http = createOutgoingHttp({ userAgent: 'octocode-test/1' });
  onTestFinished(() => http.close());
  return http;
}

async function open(listener: RequestListener, options: Partial<GitHubApiOptions> = {}) {
  const seen: IncomingMessage[] = [];
  const apiBase = await listen((request, response) => {
    seen.push(request);
    listener(request, response);
  });
  const host = githubHostFromBases({ webBase: apiBase, apiBase });
  const api: GitHubApi = createGitHubApi({ host, http: openHttp(), ...options });
  return { api, seen, apiBase };
}

const json =
  (body: unknown, headers: Record<string, string> = {}, status = 200): RequestListener =>
  (_request, response) =>
    response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

const failureOf = async (promise: Promise<unknown>): Promise<unknown> => {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof GitHubApiError ? error.failure : error;
};

describe('get', () => {
  it('sends token, media type, version and validator to the encoded path', async () => {
    const { api, seen } = await open(json({ ok: true }));
    const path = ['repos', 'o', 'r', 'contents', 'a b', 'c#?.ts'];
    const options = { query: { ref: 'feat/x', page: 2, none: undefined }, ifNoneMatch: 'W/"1"' };
    expect(await api.get(TOKEN, path, options)).toMatchObject({ status: 200, json: { ok: true } });
    expect(seen[0]?.url).toBe('/repos/o/r/contents/a%20b/c%23%3F.ts?ref=feat%2Fx&page=2');
    expect(seen[0]?.headers).toMatchObject({
      authorization: `Bearer ${TOKEN}`,
      accept: 'application/vnd.github+json',
      'x-github-api-version': '2022-11-28',
      'user-agent': 'octocode-test/1',
      'if-none-match': 'W/"1"',
    });
  });

  it('refuses a path with a dot segment before any request', async () => {
    const { api, seen } = await open(json({}));
    expect(await failureOf(api.get(TOKEN, ['repos', '..', 'user']))).toEqual({ code: 'validation' });
    expect(seen).toEqual([]);
  });

  it('returns answers other than 200 as they are', async () => {
    const { api } = await open(json({ message: 'Not Found' }, {}, 404));
    expect(await api.get(TOKEN, ['x'])).toMatchObject({ status: 404, json: { message: 'Not Found' } });
  });

  it('gives bytes and no JSON for a raw file', async () => {
    const { api } = await open((_request, response) =>
      response
        .writeHead(200, { 'content-type': 'application/vnd.github.raw+json; charset=utf-8' })
        .end('{ not json'),
    );
    const answer = await api.get(TOKEN, ['x'], { accept: 'application/vnd.github.raw+json' });
    expect(answer).toMatchObject({ json: undefined, body: Buffer.from('{ not json') });
  });

  it('follows a rename within the API with the token', async () => {
    const { api, seen } = await open((request, response) => {
      if (request.url === '/repos/o/old') response.writeHead(301, { location: '/repositories/1' }).end();
      else json({ id: 1 })(request, response);
    });
    expect((await api.get(TOKEN, ['repos', 'o', 'old'])).json).toEqual({ id: 1 });
    expect(seen.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${TOKEN}`, `Bearer ${TOKEN}`]);
  });

  it('drops the token for good when a redirect leaves the API for the web origin', async () => {
    const tokens: (string | undefined)[] = [];
    let apiBase = '';
    const webBase = await listen((request, response) => {
      tokens.push(request.headers.authorization);
      response.writeHead(302, { location: `${apiBase}/back` }).end();
    });
    const seen = await open((request, response) => {
      tokens.push(request.headers.authorization);
      if (request.url === '/back') json({})(request, response);
      else response.writeHead(302, { location: `${webBase}/file` }).end();
    });
    apiBase = seen.apiBase;
    const host = githubHostFromBases({ webBase, apiBase });
    await createGitHubApi({ host, http: openHttp() }).get(TOKEN, ['x']);
    expect(tokens).toEqual([`Bearer ${TOKEN}`, undefined, undefined]);
  });

  it('never goes to another host', async () => {
    let calls = 0;
    const evil = await listen((_request, response) => {
      calls += 1;
      response.end();
    });
    const { api } = await open((_request, response) => response.writeHead(302, { location: evil }).end());
    expect(await failureOf(api.get(TOKEN, ['x']))).toEqual({ code: 'unreachable', status: 302 });
    expect(calls).toBe(0);
  });

  it('gives up after three redirects', async () => {
    const { api, seen } = await open((_request, response) =>
      response.writeHead(302, { location: '/x' }).end(),
    );
    expect(await failureOf(api.get(TOKEN, ['x']))).toEqual({ code: 'unreachable', status: 302 });
    expect(seen).toHaveLength(4);
  });

  it('hands a redirect back when it has a meaning', async () => {
    const { api } = await open((_request, response) => response.writeHead(302, { location: '/x' }).end());
    expect((await api.get(TOKEN, ['orgs', 'o', 'members', 'u'], { redirects: 'return' })).status).toBe(302);
  });

  it('names a timeout, an oversized answer and a cut connection', async () => {
    const silent = await open(() => undefined, { timeoutMs: 50 });
    expect(await failureOf(silent.api.get(TOKEN, ['x']))).toEqual({ code: 'upstream_timeout' });
    const large = await open(json('x'.repeat(2000)), { maxBytes: 1000 });
    expect(await failureOf(large.api.get(TOKEN, ['x']))).toEqual({ code: 'too_large' });
    const cut = await open((request) => request.socket.destroy());
    expect(await failureOf(cut.api.get(TOKEN, ['x']))).toEqual({ code: 'unreachable' });
  });

  it('takes another limit on the answer for one call', async () => {
    const { api } = await open(json('x'.repeat(2000)));
    expect(await failureOf(api.get(TOKEN, ['x'], { maxBytes: 1000 }))).toEqual({ code: 'too_large' });
    expect((await api.get(TOKEN, ['x'])).status).toBe(200);
  });

  it('tells an abort of the caller from a failure', async () => {
    const { api } = await open(() => undefined);
    expect(await failureOf(api.get(TOKEN, ['x'], { signal: AbortSignal.abort() }))).toMatchObject({
      code: 'aborted',
    });
  });
});

describe('onAnswer', () => {
  it('is told of each answer by the pattern of its path, never by the path', async () => {
    const told: unknown[] = [];
    const { api } = await open(
      (request, response) => {
        if (request.url === '/repos/o/old') response.writeHead(301, { location: '/repos/o/new' }).end();
        else json({ id: 1, login: 'x' }, {}, request.url === '/zen' ? 503 : 200)(request, response);
      },
      { onAnswer: (answer) => told.push(answer) },
    );
    await api.get(TOKEN, ['repos', 'o', 'old'], { endpoint: '/repos/{owner}/{repo}' });
    await api.get(TOKEN, ['zen']);
    await api.getUser(TOKEN);
    expect(told).toEqual([
      { endpoint: '/repos/{owner}/{repo}', status: 200 },
      { endpoint: 'other', status: 503 },
      { endpoint: '/user', status: 200 },
    ]);
  });

  it('is not told where no answer came', async () => {
    const told: unknown[] = [];
    const onAnswer = (answer: unknown) => told.push(answer);
    const { api } = await open((request) => request.socket.destroy(), { onAnswer });
    expect(await failureOf(api.get(TOKEN, ['x']))).toEqual({ code: 'unreachable' });
    expect(told).toEqual([]);
  });
});

describe('getUser', () => {
  const rate = {
    'x-ratelimit-limit': '5000',
    'x-ratelimit-remaining': '4999',
    'x-ratelimit-reset': '1800000000',
    'x-ratelimit-resource': 'core',
  };

  it('gives id, login, name, scopes and rate', async () => {
    const user = { id: 583231, login: 'octocat', name: 'The Octocat', two_factor_authentication: false };
    const { api } = await open(json(user, { 'x-oauth-scopes': 'repo, read:user', ...rate }));
    expect(await api.getUser(TOKEN)).toEqual({
      id: 583231,
      login: 'octocat',
      name: 'The Octocat',
      twoFactorAuthentication: false,
      scopes: ['read:user', 'repo'],
      rate: { limit: 5000, remaining: 4999, resetAtMs: 1_800_000_000_000, resource: 'core' },
    });
  });

  it('says unknown where GitHub says nothing', async () => {
    const { api } = await open(json({ id: 1, login: 'x' }));
    expect(await api.getUser(TOKEN)).toEqual({
      id: 1,
      login: 'x',
      name: null,
      twoFactorAuthentication: null,
      scopes: null,
      rate: null,
    });
  });

  it.each([
    { id: '1', login: 'x' },
    { id: 1.5, login: 'x' },
    { id: 0, login: 'x' },
    { id: 1 },
    { id: 1, login: '<b>' },
    [],
  ])('takes %j for no user', async (body) => {
    const { api } = await open(json(body));
    expect(await failureOf(api.getUser(TOKEN))).toMatchObject({ code: 'upstream_5xx' });
  });

  it('classifies a refusal without keeping its text (F38)', async () => {
    const { api } = await open(json({ message: 'Bad credentials secret-marker' }, {}, 401));
    const failure = await failureOf(api.getUser(TOKEN));
    expect(failure).toEqual({ code: 'auth_revoked', status: 401 });
  });
});
