import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PLANTED_TOKEN } from '../../github-simulator/index.ts';
import type { Stack } from '../../support/stack.ts';
import { startStack } from '../../support/stack.ts';
import { accessTokenFor, callRows, rowsOf } from './tool-rows.ts';

const TOOL = 'githubGetFileContent';
const HELLO = { owner: 'octocat', repo: 'hello-world' };

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
});

const read = async (query: object, token = publicOnly) =>
  (await rowsOf(stack, token, { tool: TOOL, queries: [query] }))[0];

describe('githubGetFileContent', () => {
  it('reads a whole public file with its id, ref and page', async () => {
    const row = await read({ id: 'a', ...HELLO, path: 'docs/guide.md' });
    expect(row).toMatchObject({
      id: 'a',
      index: 0,
      status: 'ok',
      data: {
        repository: 'octocat/hello-world',
        path: 'docs/guide.md',
        ref: 'main',
        sha: expect.stringMatching(/^[0-9a-f]{40}$/) as unknown,
        url: `${stack.github.webBase}/octocat/hello-world/blob/main/docs/guide.md`,
        size: 45,
        encoding: 'utf-8',
        totalLines: 3,
        content: 'Line one of the guide.\nLine two.\nLine three.\n',
        ranges: [{ startLine: 1, endLine: 3 }],
        isPartial: false,
        redactions: [],
      },
      pagination: { charOffset: 0, hasMore: false },
    });
  });

  it('mirrors the structured result as text', async () => {
    const answer = await callRows(stack, publicOnly, {
      tool: TOOL,
      queries: [{ ...HELLO, path: 'README.md' }],
    });
    expect(JSON.parse(answer.content[0]?.text ?? '')).toEqual(answer.structuredContent);
    expect(answer.structuredContent?.meta).toMatchObject({
      queries: 1,
      failed: 0,
      rateLimit: { resource: 'core', limit: 5000 },
    });
  });

  it('reads lines, and says that it is a part', async () => {
    expect(await read({ ...HELLO, path: 'docs/guide.md', startLine: 2, endLine: 2 })).toMatchObject({
      data: { content: 'Line two.', ranges: [{ startLine: 2, endLine: 2 }], isPartial: true },
    });
  });

  it('reads the lines around a text', async () => {
    const row = await read({ ...HELLO, path: 'src/greeting.ts', matchString: 'saygoodbye', contextLines: 1 });
    expect(row).toMatchObject({
      status: 'ok',
      data: { matches: 1, ranges: [{ startLine: 9, endLine: 11 }] },
    });
  });

  it('answers an empty row when no line contains the text', async () => {
    const row = await read({ ...HELLO, path: 'README.md', matchString: 'marmalade' });
    expect(row).toMatchObject({ status: 'empty', data: { content: '', matches: 0 } });
  });

  it.each([
    ['a branch with a slash', 'feature/next', '# hello-world, next\n'],
    ['a tag', 'v1.0.0', '# hello-world\n'],
  ])('reads %s', async (_what, ref, start) => {
    const row = await read({ ...HELLO, path: 'README.md', ref });
    expect(row?.data?.['ref']).toBe(ref);
    expect(row?.data?.['content']).toMatch(new RegExp(`^${start}`));
  });

  it('reads a path of other letters and blanks', async () => {
    const row = await read({ ...HELLO, path: 'docs/überblick/naïve café.md' });
    expect(row?.data?.['content']).toContain('Umlauten');
  });

  it('reads what is not UTF-8 as Windows-1252, and says so', async () => {
    const row = await read({ ...HELLO, path: 'docs/latin-1.txt' });
    expect(row).toMatchObject({ data: { content: 'café\n', encoding: 'windows-1252' } });
  });

  it('reads a file over 1 MB, page by page', async () => {
    const query = { ...HELLO, path: 'data/large.txt', charLength: 50_000 };
    const first = await read(query);
    expect(first).toMatchObject({ pagination: { hasMore: true, nextCharOffset: 50_000 } });
    const last = await read({ ...HELLO, path: 'data/large.txt', startLine: 70_001 });
    expect(last).toMatchObject({ data: { content: 'the last line of the large file', totalLines: 70_001 } });
    expect(last?.data?.['sha']).toBe('177fa43ab66a7643b17def791c5a526eb7b87b11');
  });

  it('answers too_large when GitHub gives no file of that size', async () => {
    stack.github.setContentLimits({ jsonBytes: 10, rawBytes: 20 });
    const row = await read({ ...HELLO, path: 'README.md' });
    stack.github.setContentLimits({ jsonBytes: 1024 * 1024, rawBytes: 100 * 1024 * 1024 });
    expect(row).toMatchObject({ status: 'error', error: { code: 'too_large' } });
  });

  it('follows a link within the repository', async () => {
    expect((await read({ ...HELLO, path: 'LINK.md' }))?.data?.['content']).toContain('# hello-world');
  });

  it.each([
    ['assets/pixel.png', 'binary'],
    ['docs', 'directory'],
    ['vendor/lib', 'submodule'],
    ['docs/outside', 'symlink'],
  ])('names why %s is no text: %s', async (path, reason) => {
    expect(await read({ ...HELLO, path })).toMatchObject({
      status: 'error',
      error: { code: 'validation', reason },
    });
  });

  it.each(['../../user', 'docs/../README.md', '/README.md', 'docs//guide.md', 'docs/', 'a\u0000b'])(
    'refuses the path %j without asking GitHub',
    async (path) => {
      const before = stack.github.journal().length;
      expect(await read({ ...HELLO, path })).toMatchObject({ error: { code: 'validation' } });
      expect(stack.github.journal()).toHaveLength(before);
    },
  );

  it.each([
    { startLine: 1, matchString: 'x' },
    { endLine: 1, fullContent: true },
    { matchString: 'x', fullContent: true },
    { startLine: 3, endLine: 2 },
    { contextLines: 2 },
    { caseSensitive: true },
    { matchString: 'a\nb' },
    { ref: 'main~1' },
    { owner: 'octocat/hello-world' },
    { repo: 'hello world' },
  ])('refuses %j without asking GitHub', async (part) => {
    const before = stack.github.journal().length;
    const row = await read({ ...HELLO, path: 'README.md', ...part });
    expect(row).toMatchObject({ error: { code: 'validation' } });
    expect(stack.github.journal()).toHaveLength(before);
  });

  it.each([
    [{ startLine: 4 }, 'beyond the last line, 3'],
    [{ charOffset: 45 }, 'beyond the 45 characters'],
  ])('says where the file ends to %j', async (part, message) => {
    const row = await read({ ...HELLO, path: 'docs/guide.md', ...part });
    expect(row).toMatchObject({
      error: { code: 'validation', message: expect.stringContaining(message) as unknown },
    });
  });

  it('says where to go on when there is more', async () => {
    const query = { ...HELLO, path: 'data/large.txt', matchString: '0', contextLines: 0, charLength: 100 };
    const hints = (await read(query))?.hints?.join(' ');
    expect(hints).toContain('nextCharOffset');
    const sparse = { ...HELLO, path: 'src/greeting.ts', matchString: 'e', contextLines: 0 };
    expect((await read(sparse))?.hints?.join(' ')).not.toContain('nextCharOffset');
  });

  it('reads an empty file', async () => {
    expect(await read({ ...HELLO, path: 'empty.txt' })).toMatchObject({
      status: 'ok',
      data: { content: '', totalLines: 0, ranges: [], isPartial: false },
    });
  });

  it('takes a planted token out of the content and counts it', async () => {
    const row = await read({ ...HELLO, path: 'config/leaked.env' });
    expect(JSON.stringify(row)).not.toContain(PLANTED_TOKEN);
    expect(row).toMatchObject({
      data: {
        content: 'GREETING=hello\nGITHUB_TOKEN=[REDACTED-GITHUB-TOKEN]\n',
        redactions: [{ kind: 'github-token', count: 1 }],
      },
    });
  });

  it('does not let a search for it confirm a secret', async () => {
    const row = await read({ ...HELLO, path: 'config/leaked.env', matchString: PLANTED_TOKEN });
    expect(row?.status).toBe('empty');
  });
});

describe('access to private files', () => {
  const plan = { owner: 'octocat', repo: 'secret-plans', path: 'plan.md' };

  it('opens a private repository with the scope repo', async () => {
    expect((await read(plan, withRepo))?.data?.['content']).toContain('marmalade');
  });

  it('hides it without, and names the scope', async () => {
    // Asked once, the client is told in the row from then on.
    await read(plan).catch(() => undefined);
    expect(await read(plan)).toMatchObject({
      status: 'error',
      error: { code: 'not_found_or_hidden', requiredScopes: ['repo'] },
    });
  });

  it('names no scope when the caller has it: there is no such file', async () => {
    const row = await read({ ...plan, path: 'none.md' }, withRepo);
    expect(row?.error).toEqual({
      code: 'not_found_or_hidden',
      message: expect.any(String) as unknown,
    });
  });

  it('hides a private repository of others from a caller with the scope', async () => {
    const hubot = await accessTokenFor(stack, 'hubot', 'read:user repo');
    expect(await read(plan, hubot)).toMatchObject({ error: { code: 'not_found_or_hidden' } });
  });

  it.each([
    ['sso', 'sso_required'],
    ['oauth-app-restriction', 'org_restricted'],
    ['ip-allow-list', 'ip_blocked'],
  ] as const)('answers the policy %s as %s', async (policy, code) => {
    stack.github.setOwnerPolicy('acme', policy);
    const row = await read({ owner: 'acme', repo: 'platform', path: 'service.ts' }, withRepo);
    expect(row).toMatchObject({ status: 'error', error: { code } });
    if (policy === 'sso') expect(row?.error?.['ssoUrl']).toContain(`${stack.github.webBase}/orgs/acme/sso`);
  });
});

describe('a call of several queries', () => {
  it('answers each in its own row, in order, and fails only where one failed', async () => {
    const answer = await callRows(stack, publicOnly, {
      tool: TOOL,
      queries: [
        { id: 'x', ...HELLO, path: 'README.md' },
        { ...HELLO, path: 'nowhere.md' },
        { id: 'x', ...HELLO, path: 'README.md', matchString: 'marmalade' },
      ],
    });
    expect(answer.isError).not.toBe(true);
    expect(answer.structuredContent?.meta).toMatchObject({ queries: 3, failed: 1 });
    const rows = answer.structuredContent?.results.map(({ id, index, status }) => [id, index, status]);
    expect(rows).toEqual([
      ['x', 0, 'ok'],
      ['query-2', 1, 'error'],
      ['x#3', 2, 'empty'],
    ]);
  });

  it('is an error when every row is', async () => {
    const answer = await callRows(stack, publicOnly, {
      tool: TOOL,
      queries: [{ ...HELLO, path: 'nowhere.md' }],
    });
    expect(answer.isError).toBe(true);
    expect(answer.structuredContent?.meta.failed).toBe(1);
  });

  it.each([
    ['no query', []],
    ['eleven queries', Array.from({ length: 11 }, () => ({ ...HELLO, path: 'README.md' }))],
    ['an unknown member', [{ ...HELLO, path: 'README.md', sanitize: false }]],
    ['more than 50000 characters', [{ ...HELLO, path: 'README.md', charLength: 50_001 }]],
  ])('refuses %s without asking GitHub', async (_what, queries) => {
    const before = stack.github.journal().length;
    const answer = await callRows(stack, publicOnly, { tool: TOOL, queries });
    expect(answer.isError).toBe(true);
    expect(answer.structuredContent).toBeUndefined();
    expect(stack.github.journal()).toHaveLength(before);
  });

  it('logs no goal', async () => {
    await read({ ...HELLO, path: 'README.md', goal: 'find the hidden marmalade' });
    await read({ ...HELLO, path: 'nowhere.md', goal: 'find the hidden marmalade' });
    expect(stack.log.join('')).not.toContain('marmalade');
  });
});

describe('a failing GitHub', () => {
  it('is named in the row: a revoked token keeps auth_revoked', async () => {
    stack.github.setFaults([
      { action: 'status', match: { host: 'api' }, status: 401, json: { message: 'Bad credentials' } },
    ]);
    expect(await read({ ...HELLO, path: 'README.md' })).toMatchObject({ error: { code: 'auth_revoked' } });
  });

  it.each([
    ['a front end’s error page', { action: 'html', status: 502 }, 'upstream_5xx'],
    ['a cut connection', { action: 'reset' }, 'unreachable'],
    [
      'an answer that is no content',
      { action: 'status', status: 200, json: { type: 'file' } },
      'upstream_5xx',
    ],
    ['a page that is too large', { action: 'body', body: 'x'.repeat(1024), repeat: 12_000 }, 'too_large'],
  ] as const)('%s', async (_what, fault, code) => {
    stack.github.setFaults([{ ...fault, match: { host: 'api' } }]);
    expect(await read({ ...HELLO, path: 'README.md' })).toMatchObject({ error: { code } });
  });
});
