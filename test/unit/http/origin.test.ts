import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OriginRule } from '../../../gateway/http/index.ts';
import { isAllowedOrigin } from '../../../gateway/http/index.ts';

const OWN = 'https://mcp.example.com';
const PRODUCTION: OriginRule = {
  listed: [OWN, 'https://app.example:8443'],
  loopback: false,
  domains: [],
};
const DEVELOPMENT: OriginRule = { ...PRODUCTION, loopback: true };
const ENTERPRISE: OriginRule = { ...PRODUCTION, domains: ['corp.example', 'corp.test'] };
const MODES = { PRODUCTION, DEVELOPMENT, ENTERPRISE };

const allows = (rule: OriginRule, ...origins: readonly string[]) => isAllowedOrigin(origins, rule);

const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$/).filter((text) => !/^..--/.test(text));
const port = fc.integer({ min: 1, max: 65_535 }).filter((number) => number !== 80 && number !== 443);

describe.each(Object.entries(MODES))('every mode (%s)', (_name, rule) => {
  it('lets programs in, which send no Origin, and the listed origins', () => {
    expect(allows(rule)).toBe(true);
    expect(rule.listed.map((origin) => allows(rule, origin))).toEqual([true, true]);
  });

  it.each([
    ...['null', '', 'file://', 'https://', 'https:corp.example', 'javascript:alert(1)'],
    ...[`${OWN}/`, `${OWN}:443`, `${OWN}.`, `${OWN}?`, `${OWN}#`, `${OWN} `, OWN.toUpperCase()],
    ...['https://app.example', 'http://app.example:8443', 'https://app.example:8444'],
    ...[
      'https://x@a.corp.example',
      'https://a.corp.example/x',
      'https://a.corp.example.',
      'https://.corp.example',
    ],
    ...[
      'https://a..corp.example',
      'https://A.corp.example',
      'https://a.corp.example:443',
      'https://a.corp.example:8443',
    ],
    ...[
      'http://a.corp.example',
      'wss://a.corp.example',
      'blob:https://a.corp.example',
      'https://corp.example\\x',
    ],
    ...[
      'https://evil-corp.example',
      'https://corp.example.evil.test',
      'https://example',
      'https://corp%2eexample',
    ],
    ...['http://localhost:80', 'http://localhost:0', 'http://localhost:08080', 'http://localhost:65536'],
    ...[
      'http://LOCALHOST:8080',
      'http://localhost.:8080',
      'http://localhost:8080/',
      'http://me@localhost:8080',
    ],
    ...['http://127.1:8080', 'http://0x7f.0.0.1:8080', 'http://2130706433', 'http://[0:0:0:0:0:0:0:1]:8080'],
    ...[
      'http://localhost.evil.test',
      'http://127.0.0.1.evil.test',
      'http://128.0.0.1',
      'http://0.0.0.0:8080',
    ],
    ...['http://[::]:8080', 'http://[::2]', 'http://192.168.1.1'],
  ])('refuses %j', (origin) => {
    expect(allows(rule, origin)).toBe(false);
  });

  it('refuses several Origin headers, also of allowed ones (RFC 6454 §7.3)', () => {
    expect(allows(rule, OWN, OWN)).toBe(false);
    expect(allows(rule, `${OWN}, ${OWN}`)).toBe(false);
    expect(allows(rule, `${OWN} ${OWN}`)).toBe(false);
  });

  it('refuses what no browser would write, however near it is to something allowed', () => {
    const near = fc
      .tuple(
        fc.constantFrom(OWN, 'https://a.corp.example', 'http://localhost:6274'),
        fc.nat({ max: 24 }),
        fc.oneof(
          fc.string({ minLength: 1, maxLength: 3 }),
          fc.constantFrom('/', ' ', '.', 'A', '@', ':443', '\t'),
        ),
      )
      .map(([origin, at, inserted]) => origin.slice(0, at) + inserted + origin.slice(at));
    fc.assert(
      fc.property(near, (text) => {
        const isSpelledAsBrowsersDo = URL.canParse(text) && new URL(text).origin === text;
        expect(allows(rule, text) && !isSpelledAsBrowsersDo).toBe(false);
      }),
    );
  });
});

describe('development', () => {
  it.each([
    ...['http://localhost', 'http://localhost:6274', 'https://localhost:8443', 'http://127.0.0.1:3000'],
    ...['http://127.8.8.8:1', 'http://[::1]:5173', 'http://app.localhost:65535'],
  ])('lets %s in, and no other mode does', (origin) => {
    expect(allows(DEVELOPMENT, origin)).toBe(true);
    expect(allows(PRODUCTION, origin)).toBe(false);
    expect(allows(ENTERPRISE, origin)).toBe(false);
  });

  it('lets every port of this machine in, and no other host on any port', () => {
    fc.assert(
      fc.property(port, fc.array(label, { minLength: 1, maxLength: 3 }), (number, labels) => {
        expect(allows(DEVELOPMENT, `http://localhost:${String(number)}`)).toBe(true);
        expect(allows(DEVELOPMENT, `http://${labels.join('.')}.test:${String(number)}`)).toBe(false);
      }),
    );
  });
});

describe('enterprise', () => {
  it('lets a domain and every host under it in, and no other mode does', () => {
    const domain = fc.constantFrom(...ENTERPRISE.domains);
    fc.assert(
      fc.property(domain, fc.array(label, { maxLength: 4 }), (name, labels) => {
        const origin = `https://${[...labels, name].join('.')}`;
        expect(allows(ENTERPRISE, origin)).toBe(true);
        expect(allows(PRODUCTION, origin) || allows(DEVELOPMENT, origin)).toBe(false);
      }),
    );
  });

  it('compares labels, so that what only ends or begins with a domain is foreign', () => {
    const domain = fc.constantFrom(...ENTERPRISE.domains);
    fc.assert(
      fc.property(domain, label, port, (name, other, number) => {
        expect(allows(ENTERPRISE, `https://${other}${name}`)).toBe(false);
        expect(allows(ENTERPRISE, `https://${other}-${name}`)).toBe(false);
        expect(allows(ENTERPRISE, `https://${name}.${other}.test`)).toBe(false);
        expect(allows(ENTERPRISE, `http://${other}.${name}`)).toBe(false);
        expect(allows(ENTERPRISE, `https://${other}.${name}:${String(number)}`)).toBe(false);
      }),
    );
  });
});
