import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeText } from '../../../../worker/text/decode-text.ts';

describe('decodeText', () => {
  it.each([
    ['UTF-8', [0xc3, 0xa9], 'utf-8', 'é'],
    ['UTF-8 with a mark', [0xef, 0xbb, 0xbf, 0x61], 'utf-8', 'a'],
    ['UTF-16, little end first', [0xff, 0xfe, 0x61, 0], 'utf-16le', 'a'],
    ['UTF-16, big end first', [0xfe, 0xff, 0, 0x61], 'utf-16be', 'a'],
    ['anything else', [0x63, 0xe9], 'windows-1252', 'cé'],
    ['no bytes', [], 'utf-8', ''],
  ])('reads %s', (_what, bytes, encoding, text) => {
    expect(decodeText(Uint8Array.from(bytes))).toEqual({ encoding, text });
  });

  it('calls bytes with a zero binary', () => {
    expect(decodeText(Uint8Array.from([0x61, 0, 0x62]))).toBeUndefined();
  });

  it('is total, and gives back what was UTF-8', () => {
    fc.assert(
      fc.property(fc.uint8Array(), (bytes) => {
        decodeText(bytes);
      }),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        fc.pre(!text.includes('\0') && !text.startsWith('\ufeff'));
        expect(decodeText(Buffer.from(text))?.text).toBe(text);
      }),
    );
  });
});
