import { rootCertificates } from 'node:tls';
import { describe, expect, it } from 'vitest';
import { createOutgoingHttp, OutgoingHttpOptionError } from '../../../shared/outgoing-http/index.ts';
import type { OutgoingHttpOptions } from '../../../shared/outgoing-http/index.ts';
import { checkOptions } from '../../../shared/outgoing-http/options.ts';
import { createSelfSigned } from './self-signed.ts';

const faultOf = (options: Partial<OutgoingHttpOptions>): unknown => {
  try {
    createOutgoingHttp({ userAgent: 'test/1', ...options });
  } catch (error) {
    return error;
  }
  return undefined;
};

describe('options of outgoing HTTP', () => {
  it.each<[keyof OutgoingHttpOptions, Partial<OutgoingHttpOptions>]>([
    ['userAgent', { userAgent: '' }],
    ['userAgent', { userAgent: 'a\r\nx: y' }],
    ['connectTimeoutMs', { connectTimeoutMs: 0 }],
    ['connectTimeoutMs', { connectTimeoutMs: 1.5 }],
    ['httpsProxy', { httpsProxy: 'proxy.example:3128' }],
    ['httpsProxy', { httpsProxy: 'socks5://proxy.example' }],
    ['httpsProxy', { httpsProxy: 'http://proxy.example/path' }],
    ['extraCa', { extraCa: '' }],
    ['extraCa', { extraCa: 'not PEM' }],
    ['extraCa', { extraCa: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----' }],
  ])('names %s when it cannot be used', (option, options) => {
    expect(faultOf(options)).toBeInstanceOf(OutgoingHttpOptionError);
    expect(faultOf(options)).toMatchObject({ option });
  });

  it('refuses a bundle whose second certificate is damaged, which TLS would drop silently', () => {
    const { cert } = createSelfSigned();
    expect(faultOf({ extraCa: cert })).toBeUndefined();
    expect(faultOf({ extraCa: `${cert}-----BEGIN CERTIFICATE-----\n!\n` })).toMatchObject({
      option: 'extraCa',
    });
  });

  it('refuses a bundle that holds a private key', () => {
    const { cert, key } = createSelfSigned();
    expect(faultOf({ extraCa: cert + key })).toMatchObject({ option: 'extraCa' });
  });

  it('does not repeat the password of a proxy URL', () => {
    expect(String(faultOf({ httpsProxy: 'ftp://user:hunter2@proxy.example' }))).not.toContain('hunter2');
  });

  it('adds extraCa to the default roots instead of replacing them', () => {
    const { cert } = createSelfSigned();
    const { ca } = checkOptions({ userAgent: 'test/1', extraCa: cert });
    expect(ca).toEqual(expect.arrayContaining([rootCertificates[0], cert.trim()]));
  });
});
