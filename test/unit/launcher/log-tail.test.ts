import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { lastLines, readLogTail } from '../../../deploy/launcher/log-tail.ts';

describe('the end of a log', () => {
  it('is its last lines, without empty ones', () => {
    expect(lastLines('one\r\n\ntwo\n  \nthree\n', 2)).toEqual(['two', 'three']);
  });

  it('has at most as many lines as asked for, in the order of the log', () => {
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z]+$/)), fc.nat({ max: 20 }), (lines, count) => {
        const wanted = count === 0 ? [] : lines.slice(-count);
        expect(lastLines(lines.join('\n'), count)).toEqual(wanted);
      }),
    );
  });

  it('is read from a large file without its beginning', () => {
    const folder = mkdtempSync(join(tmpdir(), 'log-tail-'));
    onTestFinished(() => {
      rmSync(folder, { recursive: true });
    });
    const path = join(folder, 'a.log');
    writeFileSync(path, `${'x'.repeat(1_000_000)}\nlast but one\nlast\n`);
    expect(readLogTail(path).slice(-2)).toEqual(['last but one', 'last']);
    expect(readLogTail(path).join('').length).toBeLessThan(20_000);
  });

  it('is empty when there is no file', () => {
    expect(readLogTail(join(tmpdir(), 'no-such-folder', 'a.log'))).toEqual([]);
  });
});
