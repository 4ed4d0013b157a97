import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GitHubHostError, githubHostFromBases, parseGitHubHost } from '../../../shared/github/index.ts';

const problemOf = (run: () => unknown): unknown => {
  try {
    run();
  } catch (error) {
    if (error instanceof GitHubHostError) return error.problem;
    throw error;
  }
  return undefined;
};

describe('parseGitHubHost', () => {
  it.each(['github.com', 'https://github.com/', 'GitHub.com', 'https://github.com:443', 'www.github.com'])(
    'reads %s as github.com with its separate API host',
    (value) => {
      expect(parseGitHubHost(value)).toEqual({
        key: 'github.com',
        kind: 'github.com',
        webBase: 'https://github.com',
        apiBase: 'https://api.github.com',
        graphqlBase: 'https://api.github.com/graphql',
        pkce: true,
        issuer: 'https://github.com/login/oauth',
      });
    },
  );

  it('reads a tenant of ghe.com, whose API host is a sub-domain', () => {
    expect(parseGitHubHost('Octocorp.ghe.com/')).toEqual({
      key: 'octocorp.ghe.com',
      kind: 'ghe.com',
      webBase: 'https://octocorp.ghe.com',
      apiBase: 'https://api.octocorp.ghe.com',
      graphqlBase: 'https://api.octocorp.ghe.com/graphql',
      pkce: true,
      issuer: 'https://octocorp.ghe.com/login/oauth',
    });
  });

  it.each([
    ['github.example.com:8443', 'github.example.com:8443', 'https://github.example.com:8443'],
    ['https://[2001:db8::1]:8443/', '[2001:db8::1]:8443', 'https://[2001:db8::1]:8443'],
    ['[2001:DB8::1]', '[2001:db8::1]', 'https://[2001:db8::1]'],
    ['http://localhost:3001', 'localhost:3001', 'http://localhost:3001'],
    ['http://127.0.0.1:3001', '127.0.0.1:3001', 'http://127.0.0.1:3001'],
    ['notgithub.com', 'notgithub.com', 'https://notgithub.com'],
    ['notghe.com', 'notghe.com', 'https://notghe.com'],
  ])('reads %s as GHES, keeping port and brackets, without PKCE', (value, key, web) => {
    expect(parseGitHubHost(value)).toEqual({
      key,
      kind: 'ghes',
      webBase: web,
      apiBase: `${web}/api/v3`,
      graphqlBase: `${web}/api/graphql`,
      pkce: false,
      issuer: `${web}/login/oauth`,
    });
  });

  it.each([
    ['', 'not_a_host'],
    ['https://', 'not_a_host'],
    ['git hub.com', 'not_a_host'],
    ['github.com.', 'not_a_host'],
    ['%67ithub.com', 'not_a_host'],
    ['host:99999', 'not_a_host'],
    ['host:', 'not_a_host'],
    ['-a.test', 'not_a_host'],
    ['a..test', 'not_a_host'],
    ['1.2.3.4.5', 'not_a_host'],
    ['127.1', 'not_a_host'],
    ['http://0x7f000001', 'not_a_host'],
    ['2130706433', 'not_a_host'],
    ['[::1', 'not_a_host'],
    ['github.com\n', 'not_ascii'],
    ['ｇithub.com', 'not_ascii'],
    ['http://github.com', 'plain_http'],
    ['http://github.example.com', 'plain_http'],
    ['http://127.0.0.1.evil.test', 'plain_http'],
    ['ftp://github.com', 'scheme'],
    ['javascript://github.com', 'scheme'],
    ['user@github.com', 'userinfo'],
    ['https://github.com@evil.test', 'userinfo'],
    ['https://github.com/api/v3', 'path'],
    ['https://github.com//', 'path'],
    ['github.com\\evil.test', 'path'],
    ['github.com?x', 'path'],
    ['github.com#x', 'path'],
    ['api.github.com', 'api_host'],
    ['https://uploads.github.com', 'api_host'],
    ['api.octocorp.ghe.com', 'api_host'],
    ['ghe.com', 'not_a_tenant'],
    ['a.b.ghe.com', 'not_a_tenant'],
    ['github.com:8443', 'port'],
    ['octocorp.ghe.com:8443', 'port'],
  ])('refuses %j as %s', (value, problem) => {
    expect(problemOf(() => parseGitHubHost(value))).toBe(problem);
  });

  it('either refuses a text or derives bases from exactly the host it names', () => {
    const pieces = fc.constantFrom(
      'github.com',
      '.ghe.com',
      'api.',
      'http://',
      'https://',
      'x',
      ':8',
      '/',
      '@',
      '[::1]',
      '127.0.0.1',
      '%',
      '\\',
      '.',
      '#',
    );
    const texts = fc.oneof(
      fc.string(),
      fc.webAuthority(),
      fc.array(pieces).map((list) => list.join('')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        if (problemOf(() => parseGitHubHost(text)) !== undefined) return;
        const host = parseGitHubHost(text);
        expect(host.webBase).toBe(new URL(host.webBase).origin);
        expect(host.webBase.endsWith(`//${host.key}`)).toBe(true);
        expect(text.toLowerCase()).toContain(host.key.replace(/^\[.*\]/, '').replace(/:\d+$/, ''));
        expect(new URL(host.apiBase).protocol).toBe(new URL(host.webBase).protocol);
        // Parsing what was derived gives the same host: store keys do not depend on the spelling.
        expect(parseGitHubHost(host.webBase)).toEqual(host);
      }),
      { numRuns: 1000 },
    );
  });

  it('reads every well-formed host name as the host of that name', () => {
    fc.assert(
      fc.property(fc.domain(), (domain) => {
        fc.pre(!domain.endsWith('github.com') && !domain.endsWith('ghe.com'));
        expect(parseGitHubHost(domain).key).toBe(domain.toLowerCase());
      }),
    );
  });
});

describe('githubHostFromBases', () => {
  it('takes two loopback ports and behaves as github.com', () => {
    const bases = { webBase: 'http://127.0.0.1:3001/', apiBase: 'http://localhost:3002' };
    expect(githubHostFromBases(bases)).toEqual({
      key: '127.0.0.1:3001',
      kind: 'github.com',
      webBase: 'http://127.0.0.1:3001',
      apiBase: 'http://localhost:3002',
      graphqlBase: 'http://localhost:3002/graphql',
      pkce: true,
      issuer: 'http://127.0.0.1:3001/login/oauth',
    });
  });

  it('knows GHES by its layout', () => {
    const bases = { webBase: 'https://localhost:8443', apiBase: 'https://localhost:8443/api/v3' };
    expect(githubHostFromBases(bases)).toMatchObject({
      kind: 'ghes',
      apiBase: 'https://localhost:8443/api/v3',
      graphqlBase: 'https://localhost:8443/api/graphql',
      pkce: false,
    });
  });

  it.each([
    ['https://github.com', 'http://127.0.0.1:3002'],
    ['http://127.0.0.1:3001', 'https://api.github.com'],
    ['http://127.0.0.1:3001', 'https://evil.test/api/v3'],
  ])('refuses %s with %s, which would send tokens off this machine', (webBase, apiBase) => {
    expect(problemOf(() => githubHostFromBases({ webBase, apiBase }))).toBe('not_loopback');
  });
});
