import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { githubSearchCode } from '../../../../worker/tools/githubSearchCode.ts';
import { fakeCall } from './fake-call.ts';

const item = (name: string, more: object) => ({
  path: 'a.ts',
  sha: 'b',
  repository: { full_name: name, ...more },
});
const answer = {
  total_count: 30,
  incomplete_results: false,
  items: [item('o/public', { private: false }), item('o/private', { private: true }), item('o/untold', {})],
};

const resultSchema = z.looseObject({
  results: z.array(
    z.looseObject({
      data: z.looseObject({
        total: z.int().nullable(),
        items: z.array(z.looseObject({ repository: z.string() })),
      }),
      pagination: z.object({ hasMore: z.boolean() }),
      hints: z.array(z.string()),
    }),
  ),
});

/** Runs the tool without a server. */
async function search(scopes: { granted: string; held: readonly string[] }) {
  const { call } = fakeCall(() => ({ json: answer }), scopes);
  const signal = new AbortController().signal;
  const result = await githubSearchCode.run(call, { queries: [{ queryTerms: ['x'] }] }, signal);
  const [row] = resultSchema.parse(result.structuredContent).results;
  return { total: row?.data.total, found: row?.data.items.map(({ repository }) => repository), row };
}

describe('githubSearchCode', () => {
  it('leaves private results and the total out when the token’s scope is narrower than the credential', async () => {
    const { total, found, row } = await search({ granted: 'read:user', held: ['repo'] });
    expect([total, found]).toEqual([null, ['o/public']]);
    expect(row?.pagination.hasMore).toBe(false);
    expect(row?.hints.join(' ')).toContain('scope repo');
  });

  it('leaves nothing out for a token with the scope', async () => {
    const { total, found, row } = await search({ granted: 'repo', held: ['repo'] });
    expect([total, found?.length, row?.pagination.hasMore]).toEqual([30, 3, true]);
  });
});
