import { describe, expect, it } from 'vitest';
import { readFile } from '../../../../worker/github/read-content.ts';
import { createRowGitHub } from '../../../../worker/github/row-github.ts';
import { RowFailure } from '../../../../worker/github/row-failure.ts';
import type { RowError } from '../../../../worker/github/row-failure.ts';
import type { Answer } from '../tools/fake-call.ts';
import { fakeCall } from '../tools/fake-call.ts';

const signal = new AbortController().signal;
const where = { owner: 'o', repo: 'r', path: 'a.txt' };
const file: Answer = {
  json: { type: 'file', sha: 'a'.repeat(40), size: 1, content: 'YQ==', encoding: 'base64' },
};
/** The person granted less than the credential holds. */
const NARROWED = { granted: 'read:user', held: ['repo', 'read:user'] };

async function errorOf(promise: Promise<unknown>): Promise<RowError | undefined> {
  const reason: unknown = await promise.catch((error: unknown) => error);
  return reason instanceof RowFailure ? reason.error : undefined;
}

describe('a token whose scope is narrower than its credential', () => {
  it('reads files of repositories that are said to be public', async () => {
    const { call, asked } = fakeCall(
      (path) => (path === 'repos/o/r' ? { json: { private: false } } : file),
      NARROWED,
    );
    expect((await readFile(createRowGitHub(call, signal), where)).bytes.toString()).toBe('a');
    expect(asked).toEqual(['repos/o/r', 'repos/o/r/contents/a.txt']);
  });

  it.each([{ private: true }, {}, undefined])(
    'reads nothing of a repository described as %j, and names the scope',
    async (json) => {
      const { call, asked } = fakeCall((path) => (path === 'repos/o/r' ? { json } : file), NARROWED);
      expect(await errorOf(readFile(createRowGitHub(call, signal), where))).toMatchObject({
        code: 'not_found_or_hidden',
        requiredScopes: ['repo'],
      });
      expect(asked).toEqual(['repos/o/r']);
    },
  );

  it.each([
    [{ granted: 'repo', held: ['repo'] }, false],
    [{ granted: 'read:user', held: ['read:user'] }, false],
    [{ granted: '', held: [] }, false],
    [{ granted: '', held: ['repo'] }, true],
  ])('of %j hides private data: %s', (scopes, hides) => {
    expect(createRowGitHub(fakeCall(() => file, scopes).call, signal).hidesPrivate).toBe(hides);
  });
});

describe('a hidden thing', () => {
  const get = async (headers: Answer['headers']) => {
    const { call } = fakeCall(() => ({ status: 404, ...(headers === undefined ? {} : { headers }) }));
    return await errorOf(createRowGitHub(call, signal).get(['x'], { endpoint: '/x' }));
  };

  it('asks a token without repo for that scope', async () => {
    expect(await get({ 'x-oauth-scopes': 'read:user' })).toHaveProperty('requiredScopes', ['repo']);
  });

  it('asks a GitHub App, which has no scopes, and a token with repo for none', async () => {
    expect(await get({})).not.toHaveProperty('requiredScopes');
    expect(await get({ 'x-oauth-scopes': 'repo' })).not.toHaveProperty('requiredScopes');
  });
});

describe('the rate limit', () => {
  it('is that of the answer with the least left, failures included', async () => {
    const left = ['7', '3', '5'];
    const { call } = fakeCall(() => ({
      status: left.length === 2 ? 500 : 200,
      headers: {
        'x-ratelimit-limit': '10',
        'x-ratelimit-remaining': left.shift(),
        'x-ratelimit-reset': '1',
      },
    }));
    const github = createRowGitHub(call, signal);
    for (let count = 0; count < 3; count += 1) {
      await github.get(['x'], { endpoint: '/x' }).catch(() => undefined);
    }
    expect(github.rate()?.remaining).toBe(3);
  });
});

describe('what GitHub says of a file', () => {
  const read = async (answers: (path: string) => Answer) => {
    const { call } = fakeCall(answers);
    return await readFile(createRowGitHub(call, signal), where);
  };

  it('is not believed when size and bytes differ', async () => {
    const json = { ...(file.json as object), size: 2 };
    expect(await errorOf(read(() => ({ json })))).toMatchObject({ code: 'upstream_5xx' });
  });

  it('names a submodule also where it is typed as a file', async () => {
    const json = { type: 'file', sha: 'a'.repeat(40), size: 0, submodule_git_url: 'https://x.example/y' };
    expect(await errorOf(read(() => ({ json })))).toMatchObject({ reason: 'submodule' });
  });

  it('is not read when it is larger than 5 MiB', async () => {
    const json = { type: 'file', sha: 'a'.repeat(40), size: 5 * 1024 * 1024 + 1, encoding: 'none' };
    expect(await errorOf(read(() => ({ json })))).toMatchObject({ code: 'too_large' });
  });

  it('gives raw bytes the id they have, should a branch have moved in between', async () => {
    const json = { type: 'file', sha: 'a'.repeat(40), size: 2_000_000, content: '', encoding: 'none' };
    let calls = 0;
    const { sha } = await read(() => ((calls += 1) === 1 ? { json } : { body: 'hello\n' }));
    // git hash-object
    expect(sha).toBe('ce013625030ba8dba906f756967f9e9ca394464a');
  });

  it.each([
    ['../user', 'main'],
    ['a\u0000b', 'main'],
    ['a.txt', 'HEAD~1'],
    ['a.txt', 'a..b'],
    ['a.txt', '-x'],
    ['a.txt', 'a b'],
  ])('is not asked for the path %j at %j', async (path, ref) => {
    const { call, asked } = fakeCall(() => file);
    const reading = readFile(createRowGitHub(call, signal), { ...where, path, ref });
    expect(await errorOf(reading)).toMatchObject({ code: 'validation' });
    expect(asked).toEqual([]);
  });
});
