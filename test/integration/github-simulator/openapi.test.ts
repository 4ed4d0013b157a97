import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GitHubSimulator } from '../../github-simulator/index.ts';
import { mismatchesOf } from '../../github-simulator/openapi/check-answer.ts';
import { signIn, startStill } from './drive.ts';

let simulator: GitHubSimulator;
let token: string;
beforeAll(async () => {
  simulator = await startStill();
  token = String((await signIn(simulator, { scope: 'repo read:user' }))['access_token']);
});
afterAll(() => simulator.close());

const CONTENTS = '/repos/{owner}/{repo}/contents/{path}';
const REPOSITORY = '/repos/{owner}/{repo}';
const OBJECT = 'application/vnd.github.object';
const JSON_TYPE = 'application/json';
const HELLO = '/repos/octocat/hello-world';

describe('answers of the simulator, by GitHub’s OpenAPI description (@octokit/openapi)', () => {
  it.each([
    ['/user', '/user', JSON_TYPE, 200],
    ['/rate_limit', '/rate_limit', JSON_TYPE, 200],
    [REPOSITORY, HELLO, JSON_TYPE, 200],
    [REPOSITORY, '/repos/acme/platform', JSON_TYPE, 200],
    [REPOSITORY, '/repos/octocat/nothing', JSON_TYPE, 404],
    [CONTENTS, `${HELLO}/contents/README.md`, JSON_TYPE, 200],
    [CONTENTS, `${HELLO}/contents/docs`, JSON_TYPE, 200],
    [CONTENTS, `${HELLO}/contents/docs/outside`, JSON_TYPE, 200],
    [CONTENTS, `${HELLO}/contents/vendor/lib`, JSON_TYPE, 200],
    [CONTENTS, `${HELLO}/contents/docs`, OBJECT, 200],
    [CONTENTS, `${HELLO}/contents/nowhere.md`, JSON_TYPE, 404],
    [CONTENTS, `${HELLO}/contents/data/large.txt`, JSON_TYPE, 403],
    ['/search/code', '/search/code?q=sayHello', JSON_TYPE, 200],
    ['/search/code', '/search/code?q=x+user:nobody', JSON_TYPE, 422],
  ])('%s: %s as %s is %d and valid', async (path, target, mediaType, status) => {
    const headers = {
      authorization: `Bearer ${token}`,
      accept: mediaType === OBJECT ? `${OBJECT}+json` : 'application/vnd.github.text-match+json',
    };
    const response = await fetch(`${simulator.apiBase}${target}`, { headers });
    expect(response.status).toBe(status);
    expect(mismatchesOf({ path, status, mediaType, body: await response.json() })).toEqual([]);
  });

  it('is a check that finds a wrong answer', () => {
    const answer = { path: '/search/code', status: 200, mediaType: JSON_TYPE };
    const body = { total_count: '1', incomplete_results: false, items: [] };
    expect(mismatchesOf({ ...answer, body })).toEqual(['/total_count must be integer']);
    expect(() => mismatchesOf({ ...answer, status: 299, body })).toThrow(RangeError);
  });
});
