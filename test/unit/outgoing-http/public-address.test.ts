import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createOutgoingHttp } from '../../../shared/outgoing-http/index.ts';
import { isPublicAddress } from '../../../shared/outgoing-http/public-address.ts';

describe('a public address', () => {
  it.each(['1.1.1.1', '140.82.112.3', '172.32.0.1', '2606:4700::1111', '2a00:1450::1'])(
    '%s is one',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  it.each([
    '0.0.0.0',
    '10.0.0.1',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.255',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.2.1',
    '192.168.1.1',
    '198.18.0.1',
    '203.0.113.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:127.0.0.1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
    '100::1',
    '2001:db8::1',
    '2001::1',
    '2002:7f00:1::',
    'fc00::1',
    'fd12:3456::1',
    'fe80::1',
    'ff02::1',
    'localhost',
    '',
    '2130706433',
  ])('%s is none (RFC 6890)', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it('is never inside 10/8, 127/8 or 192.168/16', () => {
    const byte = fc.nat(255);
    fc.assert(
      fc.property(fc.constantFrom('10', '127'), byte, byte, byte, (first, a, b, c) => {
        expect(isPublicAddress(`${first}.${String(a)}.${String(b)}.${String(c)}`)).toBe(false);
        expect(isPublicAddress(`192.168.${String(b)}.${String(c)}`)).toBe(false);
      }),
    );
  });
});

describe('the door for URLs that strangers choose', () => {
  const request = { method: 'GET', timeoutMs: 3_000, maxBytes: 100 } as const;

  it.each([
    'https://localhost:9/',
    'https://127.0.0.1:9/',
    'https://[::1]:9/',
    'https://169.254.169.254/latest',
  ])('does not connect to %s', async (url) => {
    const http = createOutgoingHttp({ userAgent: 'test', publicOnly: { trustedHosts: [] } });
    onTestFinished(http.close);
    await expect(http.request({ ...request, url })).rejects.toMatchObject({ reason: 'ADDRESS_NOT_PUBLIC' });
  });

  it('goes through no proxy, where the address cannot be checked, except to trusted hosts', async () => {
    const options = { userAgent: 'test', httpsProxy: 'http://127.0.0.1:9' };
    const http = createOutgoingHttp({ ...options, publicOnly: { trustedHosts: ['trusted.example'] } });
    onTestFinished(http.close);
    await expect(http.request({ ...request, url: 'https://other.example/' })).rejects.toMatchObject({
      reason: 'ADDRESS_HIDDEN_BY_PROXY',
    });
    await expect(http.request({ ...request, url: 'https://trusted.example/' })).rejects.toMatchObject({
      reason: expect.not.stringContaining('ADDRESS') as unknown,
    });
  });
});
