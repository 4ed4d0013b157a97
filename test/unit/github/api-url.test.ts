import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { apiUrl, redirectTarget } from '../../../shared/github/api-url.ts';
import { parseGitHubHost } from '../../../shared/github/index.ts';

const ghes = parseGitHubHost('github.example.com');
const dotcom = parseGitHubHost('github.com');

describe('apiUrl', () => {
  it.each([[[]], [['']], [['repos', '..', 'user']], [['.']], [['a', '\ud800']]])('refuses %j', (path) => {
    expect(apiUrl(dotcom, path)).toBeUndefined();
  });

  it('keeps every segment one segment below the API base, whatever it contains', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (path) => {
        const url = apiUrl(ghes, path, { q: path.join() });
        if (url === undefined) return;
        const parts = url.pathname.split('/');
        expect(parts.slice(0, 3)).toEqual(['', 'api', 'v3']);
        expect(parts.slice(3).map(decodeURIComponent)).toEqual(path);
        expect([url.origin, url.hash]).toEqual(['https://github.example.com', '']);
        expect(url.searchParams.get('q')).toBe(path.join().toWellFormed());
      }),
    );
  });
});

describe('redirectTarget', () => {
  const from = new URL('https://github.example.com/api/v3/repos/o/old');

  it.each([
    ['https://github.example.com/api/v3/repositories/1', true],
    ['/api/v3/repositories/1', true],
    ['https://github.example.com/login', false],
    ['/api/v3/../../settings', false],
  ])('allows %s and keeps the credential: %j', (location, keepsCredential) => {
    expect(redirectTarget(ghes, from, location)).toMatchObject({ keepsCredential });
  });

  it.each([
    ['https://evil.test/api/v3/x'],
    ['//evil.test/x'],
    ['http://github.example.com/api/v3/x'],
    ['https://github.example.com:8443/api/v3/x'],
    ['https://u:p@github.example.com/api/v3/x'],
    ['https://u@github.example.com/login'],
    [undefined],
    ['http://['],
  ])('refuses %s', (location) => {
    expect(redirectTarget(ghes, from, location)).toBeUndefined();
  });
});
