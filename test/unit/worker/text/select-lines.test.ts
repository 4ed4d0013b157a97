import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { selectLines, windowOf } from '../../../../worker/text/select-lines.ts';

const TEXT = 'a\nb\nC match\nd\ne\nf\ng Match\nh\n';
const matching = (matchString: string, contextLines: number, caseSensitive = false) =>
  selectLines(TEXT, { kind: 'matches', matchString, contextLines, caseSensitive });

describe('selectLines', () => {
  it.each([
    ['', 0],
    ['a', 1],
    ['a\n', 1],
    ['a\n\n', 2],
    ['\n', 1],
  ])('counts the lines of %j as %d', (text, totalLines) => {
    expect(selectLines(text, { kind: 'all' })).toMatchObject({ content: text, totalLines });
  });

  it('gives lines, both ends included, and stops at the last', () => {
    expect(selectLines(TEXT, { kind: 'lines', startLine: 7, endLine: 99 })).toMatchObject({
      content: 'g Match\nh',
      ranges: [{ startLine: 7, endLine: 8 }],
    });
    expect(selectLines(TEXT, { kind: 'lines', startLine: 9, endLine: 9 }).ranges).toEqual([]);
  });

  it('gives each match with its context, separated where lines are left out', () => {
    expect(matching('match', 1)).toEqual({
      content: 'b\nC match\nd\n--\nf\ng Match\nh',
      ranges: [
        { startLine: 2, endLine: 4 },
        { startLine: 6, endLine: 8 },
      ],
      totalLines: 8,
      matches: 2,
      lastMatch: 7,
    });
  });

  it('joins ranges that touch', () => {
    expect(matching('match', 2).ranges).toEqual([{ startLine: 1, endLine: 8 }]);
  });

  it('heeds case when asked to', () => {
    expect(matching('match', 0, true).ranges).toEqual([{ startLine: 3, endLine: 3 }]);
  });

  it('stops at 100 ranges and still counts every match', () => {
    const text = 'x\ny\n'.repeat(500);
    const selected = selectLines(text, {
      kind: 'matches',
      matchString: 'x',
      contextLines: 0,
      caseSensitive: true,
    });
    expect(selected.ranges).toHaveLength(100);
    expect(selected).toMatchObject({ matches: 500, lastMatch: 999 });
  });

  it('gives for every range exactly its lines', () => {
    const lines = fc.array(fc.constantFrom('x', 'y', '', 'xx'), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(lines, fc.nat(4), (all, contextLines) => {
        const text = all.map((line) => `${line}\n`).join('');
        const { content, ranges } = selectLines(text, {
          kind: 'matches',
          matchString: 'x',
          contextLines,
          caseSensitive: true,
        });
        const expected = ranges.map((range) => all.slice(range.startLine - 1, range.endLine).join('\n'));
        expect(content).toBe(expected.join('\n--\n'));
        const covered = all.filter((_, index) =>
          ranges.some(({ startLine, endLine }) => index + 1 >= startLine && index + 1 <= endLine),
        );
        expect(covered.filter((line) => line.includes('x'))).toEqual(
          all.filter((line) => line.includes('x')),
        );
      }),
    );
  });
});

describe('windowOf', () => {
  it('says where to go on, and when there is no more', () => {
    expect(windowOf('abcdef', 0, 4)).toMatchObject({ content: 'abcd', nextCharOffset: 4, totalChars: 6 });
    expect(windowOf('abcdef', 4, 4)).toMatchObject({ content: 'ef', nextCharOffset: null });
    expect(windowOf('abcdef', 9, 4)).toMatchObject({ content: '', charOffset: 6 });
  });

  it('pages through any text without halving a character or losing one', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 7 }), (text, length) => {
        const parts: string[] = [];
        let offset: number | null = 0;
        while (offset !== null) {
          const part: ReturnType<typeof windowOf> = windowOf(text, offset, length);
          expect(part.content.isWellFormed()).toBe(true);
          expect(part.nextCharOffset === null || part.nextCharOffset > offset).toBe(true);
          parts.push(part.content);
          offset = part.nextCharOffset;
        }
        expect(parts.join('')).toBe(text);
      }),
    );
  });
});
