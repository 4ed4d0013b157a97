import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { GITHUB_FAILURE_CODES } from '../../../../shared/github/index.ts';
import { rowErrorOf, RowFailure } from '../../../../worker/github/row-failure.ts';
import { rowsSchema, runRows } from '../../../../worker/rows/rows.ts';

const signal = new AbortController().signal;
const rate = () => undefined;
const askForScopes = () => false;
const onFault = (error: unknown) => {
  throw error;
};
const ok = { status: 'ok', data: { n: 1 } } as const;
const outputSchema = rowsSchema(z.looseObject({ n: z.int() }));

describe('runRows', () => {
  it('runs side by side, in the order asked', async () => {
    const started: string[] = [];
    const gate = Promise.withResolvers<undefined>();
    const running = runRows({
      queries: [{ id: 'a' }, { id: 'b' }],
      signal,
      rate,
      askForScopes,
      onFault,
      run: async ({ id }) => {
        started.push(id);
        if (id === 'a') await gate.promise;
        else gate.resolve(undefined);
        return ok;
      },
    });
    expect(outputSchema.parse((await running).structuredContent).results.map(({ id }) => id)).toEqual([
      'a',
      'b',
    ]);
    expect(started).toEqual(['a', 'b']);
  });

  it('keeps an unexpected failure in its row, without its text, and tells the operator', async () => {
    const faults: unknown[] = [];
    const { structuredContent, isError } = await runRows({
      queries: [{ id: 'a' }, { id: 'b' }],
      signal,
      rate,
      askForScopes,
      onFault: (error) => faults.push(error),
      run: async ({ id }) => {
        if (id === 'a') throw new TypeError('gho_secret');
        return ok;
      },
    });
    expect(faults).toEqual([new TypeError('gho_secret')]);
    expect(JSON.stringify(structuredContent)).not.toContain('gho_secret');
    const { results, meta } = outputSchema.parse(structuredContent);
    expect(results[0]).toMatchObject({ status: 'error', error: { code: 'internal' } });
    expect([results[1]?.status, meta.failed, isError]).toEqual(['ok', 1, undefined]);
  });

  it('gives every row an id of its own', async () => {
    const { structuredContent } = await runRows({
      queries: [{ id: 'query-2' }, {}, { id: 'query-2' }, { id: 'x' }, { id: 'x' }],
      signal,
      rate,
      askForScopes,
      onFault,
      run: async () => ok,
    });
    const ids = outputSchema.parse(structuredContent).results.map(({ id }) => id);
    expect(new Set(ids).size).toBe(5);
  });

  it('answers nobody when the caller is gone', async () => {
    const gone = AbortSignal.abort();
    await expect(
      runRows({ queries: [{ id: 'a' }], signal: gone, rate, askForScopes, onFault, run: async () => ok }),
    ).rejects.toMatchObject({ name: 'AbortError' });
  });
});

describe('rowErrorOf', () => {
  it.each(GITHUB_FAILURE_CODES)('keeps the code %s and says it in words', (code) => {
    const error = rowErrorOf({ code });
    expect(error).toEqual({ code, message: expect.stringMatching(/\w{3}/) as unknown });
    expect(new RowFailure(error).error).toBe(error);
  });

  it('passes on what the caller can act on, and nothing else', () => {
    const failure = { status: 403, retryAfterSeconds: 7, requestId: 'A:1', acceptedScopes: ['repo'] };
    expect(rowErrorOf({ ...failure, code: 'scope_missing', ssoUrl: 'https://github.com/sso' })).toEqual({
      code: 'scope_missing',
      message: expect.any(String) as unknown,
      retryAfterSeconds: 7,
      ssoUrl: 'https://github.com/sso',
      requiredScopes: ['repo'],
    });
    expect(rowErrorOf({ ...failure, code: 'rate_primary' })).not.toHaveProperty('requiredScopes');
  });
});

describe('the published schema', () => {
  it('lets members be added anywhere', () => {
    const more = { later: true };
    const row = { id: 'a', index: 0, status: 'ok', data: { n: 1, ...more }, ...more };
    const answer = { results: [row], meta: { queries: 1, failed: 0, ...more }, ...more };
    expect(outputSchema.parse(answer)).toEqual(answer);
  });
});

describe('scopes that the rows of a call lack', () => {
  const lacks = new RowFailure({ code: 'not_found_or_hidden', message: '', requiredScopes: ['repo'] });
  const run = async (outcomes: readonly (RowFailure | undefined)[]) => {
    const asked: (readonly string[])[] = [];
    await runRows({
      queries: outcomes.map((_, index) => ({ id: String(index) })),
      signal,
      rate,
      onFault,
      askForScopes: (scopes) => asked.push(scopes) > 0,
      run: async ({ id }) => {
        const outcome = outcomes[Number(id)];
        if (outcome !== undefined) throw outcome;
        return await Promise.resolve(ok);
      },
    });
    return asked;
  };

  it('are asked for when no row has an answer without them', async () => {
    expect(await run([lacks, lacks])).toEqual([['repo']]);
  });

  it('are not asked for when a row has an answer, or failed for another reason', async () => {
    expect(await run([lacks, undefined])).toEqual([]);
    expect(await run([lacks, new RowFailure({ code: 'rate_primary', message: '' })])).toEqual([]);
  });
});
