import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { classifyGitHubFailure, GITHUB_FAILURE_CODES } from '../../../shared/github/index.ts';
import type { GitHubAnswer, GitHubFailure } from '../../../shared/github/index.ts';

const host = { webBase: 'https://github.com' };
const classify = (status: number, message = '', headers: GitHubAnswer['headers'] = {}): GitHubFailure =>
  classifyGitHubFailure({ status, headers, json: { message } }, host);

describe('classifyGitHubFailure', () => {
  const CASES: readonly [string, number, string, Record<string, string>, string][] = [
    ['bad credentials', 401, 'Bad credentials', {}, 'auth_revoked'],
    [
      'primary limit',
      403,
      'API rate limit exceeded for user ID 1.',
      { 'x-ratelimit-remaining': '0' },
      'rate_primary',
    ],
    ['primary limit as 429', 429, '', { 'x-ratelimit-remaining': '0' }, 'rate_primary'],
    ['primary limit by text', 403, 'API rate limit exceeded for user ID 1.', {}, 'rate_primary'],
    ['secondary limit', 403, 'You have exceeded a secondary rate limit. Please wait', {}, 'rate_secondary'],
    [
      'secondary limit with nothing remaining',
      403,
      'You have exceeded a secondary rate limit',
      { 'x-ratelimit-remaining': '0' },
      'rate_secondary',
    ],
    ['429 without a word', 429, '', {}, 'rate_secondary'],
    ['403 with retry-after', 403, '', { 'retry-after': '7' }, 'rate_secondary'],
    [
      'lockout',
      403,
      'Maximum number of login attempts exceeded. Please try again later.',
      {},
      'rate_secondary',
    ],
    [
      'SSO header',
      403,
      'x',
      { 'x-github-sso': 'required; url=https://github.com/orgs/o/sso?x=1' },
      'sso_required',
    ],
    ['SSO text', 403, 'Resource protected by organization SAML enforcement. You must', {}, 'sso_required'],
    [
      'OAuth App restriction',
      403,
      'the `o` organization has enabled OAuth App access restrictions',
      {},
      'org_restricted',
    ],
    ['IP allow list', 403, 'the `o` organization has an IP allow list enabled', {}, 'ip_blocked'],
    ['suspension', 403, 'Sorry. Your account was suspended', {}, 'suspended'],
    [
      'suspension of the installation',
      403,
      'This installation has been suspended',
      {},
      'not_found_or_hidden',
    ],
    ['suspension of the app', 403, 'This GitHub App has been suspended', {}, 'not_found_or_hidden'],
    ['suspension as 401', 401, 'Your account is suspended.', {}, 'suspended'],
    [
      'suspension with nothing remaining',
      403,
      'Sorry. Your account was suspended',
      { 'x-ratelimit-remaining': '0' },
      'suspended',
    ],
    ['integration', 403, 'Resource not accessible by integration', {}, 'scope_missing'],
    [
      'lacking scope',
      403,
      'x',
      { 'x-oauth-scopes': 'read:user', 'x-accepted-oauth-scopes': 'admin:org, read:org' },
      'scope_missing',
    ],
    [
      'scope held, still refused',
      403,
      'x',
      { 'x-oauth-scopes': 'repo', 'x-accepted-oauth-scopes': 'public_repo' },
      'not_found_or_hidden',
    ],
    ['unexplained 403', 403, 'Forbidden', {}, 'not_found_or_hidden'],
    ['not found', 404, 'Not Found', {}, 'not_found_or_hidden'],
    ['legal block', 451, '', {}, 'not_found_or_hidden'],
    ['validation', 422, 'Validation Failed', {}, 'validation'],
    ['bad version', 400, '', {}, 'validation'],
    ['empty repository', 409, '', {}, 'validation'],
    ['retired version', 410, '', {}, 'validation'],
    ['other 4xx', 418, '', {}, 'validation'],
    ['upstream timeout', 504, '', {}, 'upstream_timeout'],
    ['unicorn', 502, '', {}, 'upstream_5xx'],
    ['unusable success', 200, '', {}, 'upstream_5xx'],
    ['unfollowed redirect', 302, '', {}, 'upstream_5xx'],
  ];

  it.each(CASES)('%s (%d) is named', (...[, status, message, headers, code]) => {
    expect(classify(status, message, headers).code).toBe(code);
  });

  it('reads a 403 with errors[].code too_large as too_large', () => {
    const json = { message: 'This API returns blobs up to 1 MB', errors: [{ code: 'too_large' }] };
    expect(classifyGitHubFailure({ status: 403, headers: {}, json }, host).code).toBe('too_large');
  });

  it('names the time GitHub asked for', () => {
    expect(classify(403, 'secondary rate limit', { 'retry-after': '17' }).retryAfterSeconds).toBe(17);
  });

  it('waits a minute after a secondary limit without a time', () => {
    expect(classify(403, 'secondary rate limit').retryAfterSeconds).toBe(60);
  });

  it('counts to the reset of a primary limit by GitHub’s own clock (F43)', () => {
    const sent = Date.UTC(2001, 0, 1);
    const headers = {
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': String(sent / 1000 + 90),
      date: new Date(sent).toUTCString(),
    };
    expect(classify(403, '', headers).retryAfterSeconds).toBe(90);
  });

  it.each([
    [
      'https://github.com/orgs/o/sso?authorization_request=A',
      'https://github.com/orgs/o/sso?authorization_request=A',
    ],
    ['https://github.com.evil.test/orgs/o/sso', undefined],
    ['https://user@github.com/orgs/o/sso', undefined],
    ['http://github.com/orgs/o/sso', undefined],
    ['javascript:alert(1)', undefined],
    ['//github.com/x', undefined],
  ])('hands on the sign-on page %s only on the configured host', (url, expected) => {
    expect(classify(403, '', { 'x-github-sso': `required; url=${url}` }).ssoUrl).toBe(expected);
  });

  it('lists the accepted scopes and keeps the request id', () => {
    const headers = { 'x-accepted-oauth-scopes': 'repo, public_repo', 'x-github-request-id': 'AB12:CD:EF' };
    expect(classify(404, '', headers)).toEqual({
      code: 'not_found_or_hidden',
      status: 404,
      acceptedScopes: ['public_repo', 'repo'],
      requestId: 'AB12:CD:EF',
    });
  });

  it('is total, closed and never repeats GitHub’s text', () => {
    const headers = fc.dictionary(
      fc.constantFrom(
        'x-github-sso',
        'retry-after',
        'x-ratelimit-remaining',
        'x-ratelimit-reset',
        'date',
        'x-oauth-scopes',
        'x-accepted-oauth-scopes',
      ),
      fc.string(),
    );
    const status = fc.integer({ min: 100, max: 599 });
    fc.assert(
      fc.property(status, headers, fc.jsonValue(), (code, fields, json) => {
        const body = { message: `secret-marker ${JSON.stringify(json)}`, errors: json };
        const failure = classifyGitHubFailure({ status: code, headers: fields, json: body }, host);
        expect(GITHUB_FAILURE_CODES).toContain(failure.code);
        expect(JSON.stringify(failure)).not.toContain('secret-marker');
        const wait = failure.retryAfterSeconds;
        expect(wait === undefined || (Number.isInteger(wait) && wait >= 1 && wait <= 86_400)).toBe(true);
        expect(classifyGitHubFailure({ status: code, headers: {}, json }, host).status).toBe(code);
      }),
    );
  });
});
