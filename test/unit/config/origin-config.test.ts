import { describe, expect, it } from 'vitest';
import { loadGatewayConfig } from '../../../gateway/config/load-config.ts';

const minimal = {
  GITHUB_OAUTH_CLIENT_ID: 'Iv1.0123456789abcdef',
  GITHUB_OAUTH_CLIENT_SECRET: 'client-secret',
  WORKER_URLS: 'http://127.0.0.1:8080',
};

const load = (env: Readonly<Record<string, string>>) =>
  loadGatewayConfig({ ...minimal, ...env }, () => {
    throw new Error('no files here');
  });

const enterprise = (domains: string) =>
  load({ MCP_HTTP_CORS_MODE: 'enterprise', ENTERPRISE_ALLOWED_DOMAINS: domains });

describe('which web pages may call', () => {
  it('takes several domains, in lower case', () => {
    expect(enterprise('Corp.Example, a.b.test xn--80ak6aa92e.xn--p1ai').allowedDomains).toEqual([
      'corp.example',
      'a.b.test',
      'xn--80ak6aa92e.xn--p1ai',
    ]);
  });

  it.each([
    ...['https://corp.example', '*.corp.example', '*', '.corp.example', 'corp.example.', 'corp..example'],
    ...['corp', 'com', 'localhost', 'false', 'corp.example:8443', 'corp.example/x', '@corp.example'],
    ...['10.0.0.1', '[::1]', '2001:db8::1', '-a.example', 'a-.example', 'a_b.example', 'bücher.example'],
    `${'a'.repeat(64)}.example`,
  ])('refuses the domain %j and says what a domain is', (text) => {
    expect(() => enterprise(text)).toThrow(
      /^ENTERPRISE_ALLOWED_DOMAINS: must be domains of two labels or more.* \(found .*\)\. List domains/,
    );
  });

  it.each(['co.uk', 'com.au', 'AC.JP'])('refuses %s, under which anybody can have a domain', (text) => {
    expect(() => enterprise(text)).toThrow(/^ENTERPRISE_ALLOWED_DOMAINS: must not be suffixes that anybody/);
  });

  it('refuses domains that the mode would ignore, and points to what restricts people', () => {
    const attempt = () => load({ ENTERPRISE_ALLOWED_DOMAINS: 'corp.example' });
    expect(attempt).toThrow(
      /^ENTERPRISE_ALLOWED_DOMAINS: has no effect without MCP_HTTP_CORS_MODE=enterprise/,
    );
    expect(attempt).toThrow(/to restrict people, use GITHUB_ORGANIZATION/);
  });

  it('refuses the mode without domains', () => {
    expect(() => load({ MCP_HTTP_CORS_MODE: 'enterprise' })).toThrow(
      /^ENTERPRISE_ALLOWED_DOMAINS: is required with MCP_HTTP_CORS_MODE=enterprise \(found nothing\)/,
    );
  });

  it.each([
    ['MCP_HTTP_CORS_MODE', 'Production'],
    ['MCP_HTTP_CORS', '*'],
    ['MCP_HTTP_CORS', 'FALSE'],
    ['OAUTH_METADATA_CORS', '0'],
  ])('refuses %s=%s', (name, value) => {
    expect(() => load({ [name]: value })).toThrow(new RegExp(`^${name}: must be `));
  });
});
