import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildCodeSearchQuery } from '../../../../worker/github/code-search-query.ts';
import { RowFailure } from '../../../../worker/github/row-failure.ts';

describe('buildCodeSearchQuery', () => {
  it.each([
    [{ queryTerms: ['alpha', 'beta_2'] }, 'alpha beta_2'],
    [{ queryTerms: ['two words'] }, '"two words"'],
    [{ queryTerms: ['OR', 'not', 'And'] }, '"OR" "not" "And"'],
    [{ queryTerms: ['-x', 'repo:o/r', 'a.b'] }, '"-x" "repo:o/r" "a.b"'],
    [{ queryTerms: ['say "hi" \\"there'] }, '"say hi there"'],
    [{ queryTerms: ['x'], owner: 'octo-cat_shop' }, 'x user:octo-cat_shop'],
    [{ queryTerms: ['x'], owner: 'o', repo: '.github' }, 'x repo:o/.github'],
    [{ queryTerms: ['x'], language: 'C++', extension: '.h' }, 'x language:C++ extension:h'],
    [{ queryTerms: ['x'], language: 'Emacs Lisp' }, 'x language:"Emacs Lisp"'],
    [
      { queryTerms: ['x'], filename: 'a b.ts', path: 'src/lib', match: 'path' as const },
      'x filename:"a b.ts" path:src/lib in:path',
    ],
  ])('builds from %j: %s', (query, q) => {
    expect(buildCodeSearchQuery(query)).toBe(q);
  });

  it('takes 256 characters of terms, not counting qualifiers, and no more', () => {
    const owner = 'o'.repeat(50);
    expect(buildCodeSearchQuery({ queryTerms: ['a'.repeat(256)], owner })).toContain('user:');
    expect(() => buildCodeSearchQuery({ queryTerms: ['a'.repeat(254), 'b', 'c'] })).toThrow(RowFailure);
    expect(() => buildCodeSearchQuery({ queryTerms: ['a b'.padEnd(255, 'c')] })).toThrow(RowFailure);
  });

  it.each([
    { queryTerms: ['"'] },
    { queryTerms: ['...'] },
    { queryTerms: ['a\u0000b'] },
    { queryTerms: ['\ud800'] },
    { queryTerms: ['x'], repo: 'r' },
    { queryTerms: ['x'], owner: 'o r' },
    { queryTerms: ['x'], owner: '-o' },
    { queryTerms: ['x'], owner: 'o', repo: '..' },
    { queryTerms: ['x'], owner: 'o', repo: 'r user:x' },
    { queryTerms: ['x'], language: '"' },
    { queryTerms: ['x'], extension: 'ts user:x' },
    { queryTerms: ['x'], path: '""' },
  ])('refuses %j', (query) => {
    expect(() => buildCodeSearchQuery(query)).toThrow(RowFailure);
  });

  it('lets no term, file name or path become a qualifier, an operator or a second term', () => {
    // What a search engine sees: quoted texts are one piece each, qualifiers stand outside of them.
    const piecesOf = (q: string) => q.match(/(?:[a-z]+:)?"[^"]*"|\S+/g) ?? [];
    const text = fc.oneof(
      fc.string({ minLength: 1, maxLength: 30, unit: 'grapheme' }),
      fc.stringMatching(/^["\\ :a-z-]{1,20}(?:repo:|OR|NOT|user:)["\\ a-z/]{0,20}$/),
    );
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), text, (queryTerms, path) => {
        let q: string;
        try {
          q = buildCodeSearchQuery({ queryTerms, path, owner: 'o', repo: 'r' });
        } catch (error) {
          expect(error).toBeInstanceOf(RowFailure);
          return;
        }
        const pieces = piecesOf(q);
        expect(pieces).toHaveLength(queryTerms.length + 2);
        for (const term of pieces.slice(0, queryTerms.length)) {
          expect(term).toMatch(/^(?:"[^"\\]*"|(?!(?:AND|OR|NOT)$)[\p{L}\p{N}_]+)$/iu);
        }
        expect(pieces.at(-2)).toBe('repo:o/r');
        expect(pieces.at(-1)).toMatch(/^path:(?:"[^"\\]*"|[\w./@+-]+)$/);
      }),
    );
  });
});
