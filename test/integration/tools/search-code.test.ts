import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PLANTED_TOKEN } from '../../github-simulator/index.ts';
import type { Stack } from '../../support/stack.ts';
import { startStack } from '../../support/stack.ts';
import { accessTokenFor, callRows, rowsOf } from './tool-rows.ts';

const TOOL = 'githubSearchCode';

let stack: Stack;
let publicOnly: string;
let withRepo: string;
beforeAll(async () => {
  stack = await startStack();
  publicOnly = await accessTokenFor(stack, 'octocat', 'read:user');
  withRepo = await accessTokenFor(stack, 'octocat', 'read:user repo');
});
afterAll(async () => {
  await stack.close();
});
afterEach(() => {
  stack.github.setOwnerPolicy('acme', null);
  stack.github.setFaults([]);
  // The next minute has its own budget of ten searches.
  stack.github.advanceClock(60_000);
});

const search = async (query: object, token = publicOnly) =>
  (await rowsOf(stack, token, { tool: TOOL, queries: [query] }))[0];

const pathsOf = (row: { data?: Readonly<Record<string, unknown>> } | undefined) =>
  ((row?.data?.['items'] ?? []) as { path: string }[]).map(({ path }) => path).sort();

describe('githubSearchCode', () => {
  it('finds files in a repository with the lines around the match', async () => {
    const row = await search({ queryTerms: ['sayHello'], owner: 'octocat', repo: 'hello-world' });
    expect(pathsOf(row)).toEqual(['src/greeting.test.ts', 'src/greeting.ts', 'src/legacy.js']);
    expect(row).toMatchObject({
      status: 'ok',
      data: { total: 3, incomplete: false },
      pagination: { page: 1, limit: 10, total: 3, hasMore: false },
    });
    expect((row?.data?.['items'] as unknown[])[0]).toMatchObject({
      repository: 'octocat/hello-world',
      sha: expect.stringMatching(/^[0-9a-f]{40}$/) as unknown,
      url: expect.stringMatching(`^${stack.github.webBase}/octocat/hello-world/blob/main/`) as unknown,
      fragments: [expect.stringContaining('sayHello') as unknown],
    });
  });

  it.each([
    [{ language: 'JavaScript' }, ['src/legacy.js']],
    [{ extension: '.ts' }, ['src/greeting.test.ts', 'src/greeting.ts']],
    [{ filename: 'greeting.test' }, ['src/greeting.test.ts']],
    [{ path: 'src', limit: 1, page: 2 }, ['src/greeting.ts']],
    [{ path: 'docs' }, []],
  ])('narrows by %j', async (qualifiers, paths) => {
    expect(pathsOf(await search({ queryTerms: ['sayHello'], owner: 'octocat', ...qualifiers }))).toEqual(
      paths,
    );
  });

  it('pages', async () => {
    const row = await search({ queryTerms: ['sayHello'], owner: 'octocat', limit: 2 });
    expect(row).toMatchObject({ pagination: { hasMore: true, total: 3 } });
  });

  it('searches paths', async () => {
    expect(pathsOf(await search({ queryTerms: ['legacy'], owner: 'octocat', match: 'path' }))).toEqual([
      'src/legacy.js',
    ]);
  });

  it('answers an empty row for nothing', async () => {
    expect(await search({ queryTerms: ['zyzzyva'] })).toMatchObject({ status: 'empty', data: { total: 0 } });
  });

  it.each(['repo:octocat/secret-plans', 'x" repo:octocat/secret-plans "', 'sayHello OR greeting'])(
    'takes %j as text, whatever it looks like',
    async (term) => {
      const row = await search({ queryTerms: [term], owner: 'octocat', repo: 'hello-world' }, withRepo);
      expect(row).toMatchObject({ status: 'empty', data: { items: [] } });
    },
  );

  it('takes a leading dash as text: it excludes nothing', async () => {
    const row = await search({ queryTerms: ['-sayHello'], owner: 'octocat' });
    expect(row).toMatchObject({ data: { total: 3 } });
  });

  it('takes a planted token out of a fragment', async () => {
    const row = await search({ queryTerms: ['GITHUB_TOKEN'], owner: 'octocat' });
    expect(row?.status).toBe('ok');
    expect(JSON.stringify(row)).not.toContain(PLANTED_TOKEN);
    expect(row).toMatchObject({ data: { redactions: [{ kind: 'github-token', count: 1 }] } });
  });

  it('answers validation for an owner or repository that cannot be searched', async () => {
    const row = await search({ queryTerms: ['x'], owner: 'nobody-of-that-name' });
    expect(row).toMatchObject({ status: 'error', error: { code: 'validation' } });
  });

  it.each([
    [{ queryTerms: ['"'] }],
    [{ queryTerms: ['a'.repeat(200), 'b'.repeat(200)] }],
    [{ queryTerms: ['x'], repo: 'hello-world' }],
    [{ queryTerms: ['x'], owner: 'octocat repo:a/b' }],
    [{ queryTerms: ['x'], owner: 'octocat', repo: 'a/b' }],
    [{ queryTerms: ['x'], language: 'a" repo:b/c' }],
  ])('refuses %j without asking GitHub', async (query) => {
    const before = stack.github.journal().length;
    expect(await search(query)).toMatchObject({ error: { code: 'validation' } });
    expect(stack.github.journal()).toHaveLength(before);
  });

  it('leaves private repositories out without the scope repo', async () => {
    expect(pathsOf(await search({ queryTerms: ['codeword'] }))).toEqual([]);
    expect(pathsOf(await search({ queryTerms: ['codeword'] }, withRepo))).toEqual(['plan.md', 'src/plan.ts']);
  });

  it('says that results behind single sign-on are missing', async () => {
    stack.github.setOwnerPolicy('acme', 'sso');
    const row = await search({ queryTerms: ['sayHello'] }, withRepo);
    expect(row?.hints?.join(' ')).toContain('single sign-on');
    expect(pathsOf(row)).not.toContain('service.ts');
  });

  it('says that an answer is incomplete', async () => {
    const json = { total_count: 5, incomplete_results: true, items: [] };
    stack.github.setFaults([{ action: 'status', match: { pathPrefix: '/search' }, status: 200, json }]);
    expect(await search({ queryTerms: ['x'] })).toMatchObject({ data: { incomplete: true } });
  });

  it('gives no page address of another host', async () => {
    const repository = { full_name: 'o/r', private: false };
    const item = { path: 'a', sha: 'b', html_url: 'https://evil.example/o/r', repository };
    const json = { total_count: 1, incomplete_results: false, items: [item] };
    stack.github.setFaults([{ action: 'status', match: { pathPrefix: '/search' }, status: 200, json }]);
    expect((await search({ queryTerms: ['x'] }))?.data?.['items']).toEqual([
      { repository: 'o/r', path: 'a', sha: 'b', fragments: [] },
    ]);
  });

  it('keeps rows apart when the minute’s budget ends in the middle of a call', async () => {
    const one = { queryTerms: ['sayHello'], owner: 'octocat' };
    await rowsOf(stack, publicOnly, { tool: TOOL, queries: [one, one, one, one, one] });
    await rowsOf(stack, publicOnly, { tool: TOOL, queries: [one, one, one] });
    const started = Date.now();
    const answer = await callRows(stack, publicOnly, { tool: TOOL, queries: [one, one, one, one] });
    const rows = answer.structuredContent?.results ?? [];
    expect(rows.filter(({ status }) => status === 'ok')).toHaveLength(2);
    const refused = rows.filter(({ status }) => status === 'error');
    expect(refused.map(({ error }) => error?.['code'])).toEqual(['rate_primary', 'rate_primary']);
    expect(refused[0]?.error?.['retryAfterSeconds']).toBeGreaterThan(0);
    expect(answer.structuredContent?.meta.rateLimit).toMatchObject({ resource: 'code_search', remaining: 0 });
    expect(Date.now() - started).toBeLessThan(30_000);
  });

  it('answers auth_revoked for a token GitHub no longer takes', async () => {
    const token = await accessTokenFor(stack, 'hubot', 'read:user');
    stack.github.revokeApp('hubot', 'Ov23simulated0000001');
    const answer = await callRows(stack, token, { tool: TOOL, queries: [{ queryTerms: ['x'] }] });
    expect(answer).toMatchObject({
      isError: true,
      structuredContent: { results: [{ error: { code: 'auth_revoked' } }] },
    });
  });

  it('answers suspended for an account GitHub suspended', async () => {
    const token = await accessTokenFor(stack, 'hubot', 'read:user');
    stack.github.suspend('hubot', true);
    const row = await search({ queryTerms: ['x'] }, token);
    stack.github.suspend('hubot', false);
    expect(row).toMatchObject({ error: { code: 'suspended' } });
  });
});
