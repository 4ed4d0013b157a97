import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseNoProxy } from '../../../shared/outgoing-http/index.ts';

const bypasses = (list: string, url: string): boolean => parseNoProxy(list)(new URL(url));

describe('NO_PROXY', () => {
  it.each([
    ['example.com', 'https://example.com/', true],
    ['example.com', 'https://api.example.com/', true],
    ['example.com', 'https://notexample.com/', false],
    ['example.com', 'https://example.com.evil.test/', false],
    ['.example.com', 'https://api.example.com/', true],
    ['.example.com', 'https://example.com/', true],
    ['*.example.com', 'https://api.example.com/', true],
    ['EXAMPLE.com', 'https://Example.COM/', true],
    ['example.com', 'https://example.com./', true],
    ['example.com.', 'https://example.com/', true],
    ['example.com:8443', 'https://example.com:8443/', true],
    ['example.com:8443', 'https://example.com/', false],
    ['example.com:443', 'https://example.com/', true],
    ['a.test, b.test c.test', 'https://c.test/', true],
    ['*', 'https://anything.test/', true],
    ['192.0.2.1', 'https://192.0.2.1/', true],
    ['192.0.2.0/24', 'https://192.0.2.77/', true],
    ['192.0.2.0/24', 'https://192.0.3.1/', false],
    ['192.0.2.1:8443', 'https://192.0.2.1:8443/', true],
    ['192.0.2.1:8443', 'https://192.0.2.1/', false],
    ['0.2.1', 'https://192.0.2.1/', false],
    ['::1', 'https://[::1]:8443/', true],
    ['[::1]', 'https://[::1]/', true],
    ['[::1]:8443', 'https://[::1]:8443/', true],
    ['[::1]:8443', 'https://[::1]/', false],
    ['2001:db8::/32', 'https://[2001:db8::7]/', true],
    ['', 'https://example.com/', false],
    ['com/24, 1.2.3.4/99, [::1, :443, a*b', 'https://example.com/', false],
  ])('%j for %s answers %j', (list, url, expected) => {
    expect(bypasses(list, url)).toBe(expected);
  });

  it('takes any text without throwing', () => {
    fc.assert(
      fc.property(fc.string(), (list) => {
        expect(typeof bypasses(list, 'https://api.github.com/')).toBe('boolean');
      }),
    );
  });

  it('matches a listed name and its sub-domains whatever else is listed', () => {
    fc.assert(
      fc.property(fc.domain(), fc.array(fc.domain()), (domain, others) => {
        const list = [...others, domain].join(',');
        expect(bypasses(list, `https://${domain}/`)).toBe(true);
        expect(bypasses(list, `https://x.${domain}/`)).toBe(true);
      }),
    );
  });

  it('sends a name through the proxy that no entry ends with', () => {
    fc.assert(
      fc.property(fc.array(fc.domain()), (others) => {
        fc.pre(!others.includes('host.invalid'));
        expect(bypasses(others.map((name) => `${name}.test`).join(','), 'https://host.invalid/')).toBe(false);
      }),
    );
  });
});
