import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { GitHubSimulator } from '../../github-simulator/index.ts';
import { jsonOf, signIn, startStill } from './drive.ts';

let simulator: GitHubSimulator;
let token: string;
beforeAll(async () => {
  simulator = await startStill();
});
beforeEach(async () => {
  simulator.reset();
  token = String((await signIn(simulator, { scope: 'repo' }))['access_token']);
});
afterAll(() => simulator.close());

async function search(q: string, more: Record<string, string> = {}, accept = 'application/json') {
  const query = new URLSearchParams({ q, ...more }).toString();
  return await fetch(`${simulator.apiBase}/search/code?${query}`, {
    headers: { authorization: `Bearer ${token}`, accept },
  });
}

async function pathsOf(q: string, more: Record<string, string> = {}): Promise<string[]> {
  const { items } = (await jsonOf(search(q, more))) as { items: { path: string }[] };
  return items.map(({ path }) => path);
}

describe('code search', () => {
  it.each([
    ['sayHello repo:octocat/hello-world', ['src/greeting.test.ts', 'src/greeting.ts', 'src/legacy.js']],
    ['SAYHELLO sayGoodbye', ['src/greeting.ts']],
    ['"sayHello name"', ['src/greeting.ts', 'src/legacy.js']],
    ['sayHello NOT octocat repo:octocat/hello-world extension:ts', ['src/greeting.ts']],
    ['say', []],
    ['legacy in:path', ['src/legacy.js']],
    ['sayGoodbye in:path', []],
    ['sayHello language:javascript', ['src/legacy.js']],
    ['sayHello user:acme', ['service.ts']],
    ['"last line of the large file"', []],
  ])('of %s finds %j', async (q, paths) => {
    expect((await pathsOf(q)).sort()).toEqual(paths);
  });

  it('gives fragments with the places of the matches when they are asked for', async () => {
    const q = 'sayGoodbye';
    const plain = await jsonOf(search(q));
    expect(plain).not.toHaveProperty('items.0.text_matches');
    const answer = (await jsonOf(search(q, {}, 'application/vnd.github.text-match+json'))) as {
      items: { text_matches: { fragment: string; matches: { text: string; indices: number[] }[] }[] }[];
    };
    const [match] = answer.items[0]?.text_matches ?? [];
    expect(match?.fragment).toContain('Goodbye');
    for (const { text, indices } of match?.matches ?? [])
      expect(match?.fragment.slice(...indices)).toBe(text);
    expect(match?.matches).toHaveLength(1);
  });

  it('pages', async () => {
    const q = 'sayHello repo:octocat/hello-world';
    const pages = await Promise.all(['1', '2'].map((page) => pathsOf(q, { per_page: '2', page })));
    expect(pages.map((paths) => paths.length)).toEqual([2, 1]);
  });

  it.each([
    ['x repo:octocat/none', 'invalid'],
    ['x user:nobody', 'invalid'],
    ['repo:octocat/hello-world', 'missing'],
    ['', 'missing'],
    ['a'.repeat(257), 'invalid'],
  ])('answers 422 to %s', async (q, code) => {
    const response = await search(q);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ errors: [{ resource: 'Search', field: 'q', code }] });
  });

  it('answers 422 for a private repository the token may not see', async () => {
    token = String((await signIn(simulator, { scope: 'read:user' }))['access_token']);
    expect((await search('codeword repo:octocat/secret-plans')).status).toBe(422);
    expect(await pathsOf('codeword')).toEqual([]);
  });

  it('answers 422 beyond the first 1000 results, and 401 without a token', async () => {
    expect((await search('x', { per_page: '100', page: '11' })).status).toBe(422);
    expect((await fetch(`${simulator.apiBase}/search/code?q=x`)).status).toBe(401);
  });

  it('leaves out an organization that requires single sign-on, and says so', async () => {
    simulator.setOwnerPolicy('acme', 'sso');
    const response = await search('sayHello');
    expect(response.headers.get('x-github-sso')).toBe('partial-results; organizations=9919');
    expect(await pathsOf('sayHello')).not.toContain('service.ts');
  });

  it('takes ten a minute, in a bucket of their own', async () => {
    const answers = [];
    for (let count = 0; count < 11; count += 1) answers.push(await search('sayHello'));
    expect(answers.map(({ status }) => status)).toEqual([...Array<number>(10).fill(200), 403]);
    expect(answers[10]?.headers.get('x-ratelimit-resource')).toBe('code_search');
    const authorization = `Bearer ${token}`;
    const rates = await jsonOf(fetch(`${simulator.apiBase}/rate_limit`, { headers: { authorization } }));
    expect(rates).toMatchObject({ resources: { core: { used: 0 }, code_search: { used: 10 } } });
    simulator.advanceClock(60_000);
    expect((await search('sayHello')).status).toBe(200);
  });
});
