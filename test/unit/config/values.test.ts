import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ZodType } from 'zod';
import * as config from '../../../shared/config/index.ts';

const accepts = (schema: ZodType<unknown, string>, text: string) => schema.safeParse(text).success;

/** A self-signed certificate for test.example, valid for a hundred years; its key was thrown away. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBhjCCASugAwIBAgIUXAT+WAKWqHwkpmSIqEzFpg+bChAwCgYIKoZIzj0EAwIw
FzEVMBMGA1UEAwwMdGVzdC5leGFtcGxlMCAXDTI2MTEyMzE0NDc1NVoYDzIxMjYx
MDMwMTQ0NzU1WjAXMRUwEwYDVQQDDAx0ZXN0LmV4YW1wbGUwWTATBgcqhkjOPQIB
BggqhkjOPQMBBwNCAAScLqKMJypc0WnUJ2fMqgw8BbZEZj893KFI+bXvowlB5GRp
/RF7io8f3tJQYQm5vuhqwdQb7mQsgYKV/NMyZHxlo1MwUTAdBgNVHQ4EFgQUCuLp
Oar/hk/RwP0S0+BNfPBaoIgwHwYDVR0jBBgwFoAUCuLpOar/hk/RwP0S0+BNfPBa
oIgwDwYDVR0TAQH/BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEAvhW+YNTgIdxN
h5R4MBvRHFvspO4CjboKSmDGflJwJYsCIQDVhpwHFXJbTgtPo2GpCrQQI2s8jNh6
xtRUUkxV8IS2iw==
-----END CERTIFICATE-----`;

describe('integerBetween', () => {
  const schema = config.integerBetween({ min: 60, max: 3600 });

  it.each(['59', '3601', '-60', '6e1', '0x3c', ' 60', '60 ', '60.0', '', '9'.repeat(40)])(
    'refuses %j',
    (text) => {
      expect(accepts(schema, text)).toBe(false);
    },
  );

  it('accepts every whole number in its bounds', () => {
    fc.assert(
      fc.property(fc.integer({ min: 60, max: 3600 }), (value) => schema.parse(String(value)) === value),
    );
  });
});

describe('secureOrigin', () => {
  it.each([
    ['https://mcp.example.com', 'https://mcp.example.com'],
    ['https://mcp.example.com/', 'https://mcp.example.com'],
    ['HTTPS://MCP.Example.com:443', 'https://mcp.example.com'],
    ['http://localhost:3000', 'http://localhost:3000'],
    ['http://127.0.0.1:3000', 'http://127.0.0.1:3000'],
    ['http://[::1]:3000', 'http://[::1]:3000'],
  ])('normalises %s to %s', (text, origin) => {
    expect(config.secureOrigin.parse(text)).toBe(origin);
  });

  it.each([
    'http://mcp.example.com',
    'http://localhost.example.com',
    'http://127.0.0.1.example.com',
    'https://mcp.example.com/base',
    'https://mcp.example.com/?',
    'https://mcp.example.com/#',
    'https://user@mcp.example.com',
    'https://user:pass@mcp.example.com',
    'https:mcp.example.com',
    'https:\\\\mcp.example.com',
    ' https://mcp.example.com',
    'https://mcp.exa\tmple.com',
    'mcp.example.com',
    'ftp://mcp.example.com',
    'javascript:alert(1)',
    'https://',
  ])('refuses %j', (text) => {
    expect(accepts(config.secureOrigin, text)).toBe(false);
  });

  it('only ever yields a bare origin that it accepts unchanged', () => {
    const text = fc.oneof(fc.webUrl(), fc.webUrl({ withQueryParameters: true }), fc.string());
    fc.assert(
      fc.property(text, (candidate) => {
        const result = config.secureOrigin.safeParse(candidate);
        if (!result.success) return;
        expect(new URL(result.data).origin).toBe(result.data);
        expect(config.secureOrigin.parse(result.data)).toBe(result.data);
      }),
    );
  });
});

describe('secureUrl', () => {
  it('keeps the path and drops the trailing slash', () => {
    expect(config.secureUrl.parse('https://git.example.com/api/v3/')).toBe('https://git.example.com/api/v3');
  });
});

describe('scopes', () => {
  it.each([
    ['repo,read:user', ['repo', 'read:user']],
    ['repo read:user', ['repo', 'read:user']],
    [' repo , read:user\n', ['repo', 'read:user']],
    ['repo repo', ['repo']],
    ['none', []],
  ])('reads %j (RFC 6749 §3.3, commas allowed)', (text, expected) => {
    expect(config.scopes.parse(text)).toEqual(expected);
  });

  it.each(['re"po', 're\\po', 'répo', 're\u007fpo'])('refuses %j', (text) => {
    expect(accepts(config.scopes, text)).toBe(false);
  });
});

describe('addressOrNetwork', () => {
  it.each(['10.0.0.1', '10.0.0.0/8', '::1', 'fd00::/8', '192.0.2.7/32'])('accepts %s', (text) => {
    expect(accepts(config.addressOrNetwork, text)).toBe(true);
  });

  it.each([
    '0.0.0.0/0',
    '::/0',
    '10.0.0.0/33',
    '10.0.0.0/08',
    '10.0.0/8',
    'proxy',
    '10.0.0.0/8/8',
    '10.0.0.0/',
    '',
  ])('refuses %j', (text) => {
    expect(accepts(config.addressOrNetwork, text)).toBe(false);
  });
});

describe('listOf', () => {
  it('splits at commas and white space and drops repetition', () => {
    expect(config.listOf(config.anyOrigin).parse('http://a:1,http://b:2 http://a:1')).toEqual([
      'http://a:1',
      'http://b:2',
    ]);
  });

  it.each([',', ' ', 'http://a:1,nonsense'])('refuses %j', (text) => {
    expect(accepts(config.listOf(config.anyOrigin), text)).toBe(false);
  });
});

describe('listenHost', () => {
  it.each(['localhost', '0.0.0.0', '::', '127.0.0.1', 'gateway.internal'])('accepts %s', (text) => {
    expect(accepts(config.listenHost, text)).toBe(true);
  });

  it.each(['[::1]', 'localhost:3000', '127.0.0', '-a', 'a..b', 'a b', 'http://a'])('refuses %j', (text) => {
    expect(accepts(config.listenHost, text)).toBe(false);
  });
});

describe('isLoopbackHost', () => {
  it.each([
    ['localhost', true],
    ['127.8.9.1', true],
    ['::1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['127.example.com', false],
  ])('of %s is %s', (host, expected) => {
    expect(config.isLoopbackHost(host)).toBe(expected);
  });
});

describe('textAcceptedBy', () => {
  it('keeps the text and takes the problem from the judge', () => {
    const schema = config.textAcceptedBy((text) => {
      if (text !== 'good') throw new Error('is not good');
    });
    expect(schema.parse('good')).toBe('good');
    expect(schema.safeParse('bad').error?.issues[0]?.message).toBe('is not good');
  });
});

describe('certificates', () => {
  it('accepts a bundle of PEM certificates', () => {
    expect(accepts(config.certificates, CERTIFICATE)).toBe(true);
    expect(accepts(config.certificates, `# roots\n${CERTIFICATE}\n${CERTIFICATE}\n`)).toBe(true);
  });

  it.each([
    ['nothing', 'hello'],
    ['a damaged certificate', CERTIFICATE.replace('MII', 'MIX')],
    ['a private key besides', `${CERTIFICATE}\n-----BEGIN PRIVATE KEY-----\nAA==\n-----END PRIVATE KEY-----`],
  ])('refuses %s', (_what, text) => {
    expect(accepts(config.certificates, text)).toBe(false);
  });
});

describe('proxyUrl', () => {
  it.each(['http://proxy:3128', 'https://user:pass@proxy.example.com'])('accepts %s', (text) => {
    expect(accepts(config.proxyUrl, text)).toBe(true);
  });

  it.each(['proxy:3128', 'socks5://proxy', 'http://proxy/path', 'http://proxy/?a'])('refuses %s', (text) => {
    expect(accepts(config.proxyUrl, text)).toBe(false);
  });
});
