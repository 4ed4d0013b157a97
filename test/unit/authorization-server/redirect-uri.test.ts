import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isOnRedirectList } from '../../../gateway/clients/redirect-list.ts';
import { DEFAULT_SCHEMES, judgeRedirectUri, redirectTarget } from '../../../gateway/clients/redirect-uri.ts';

describe('a redirect URI at registration', () => {
  it.each([
    ['https://app.example/cb', 'web'],
    ['https://app.example:8443/cb?x=1', 'web'],
    ['http://127.0.0.1:7777/cb', 'loopback'],
    ['http://127.0.0.1/', 'loopback'],
    ['http://localhost:1/cb', 'loopback'],
    ['http://[::1]:7777/cb', 'loopback'],
    ['cursor://anysphere.cursor-retrieval/oauth/user-abc/callback', 'custom-scheme'],
    ['com.example.app:/cb', 'custom-scheme'],
  ])('%s is accepted as %s', (uri, kind) => {
    expect(judgeRedirectUri(uri, DEFAULT_SCHEMES)).toEqual({ ok: true, kind });
  });

  it.each([
    'http://evil.example/cb',
    'https://a@b.example/cb',
    'https://@b.example/cb',
    'https://ok.example\\@evil/cb',
    'https://*.evil.example/cb',
    'https://app.example/*',
    'https://ok.example/../cb',
    'https://ok.example/%2e%2e/cb',
    'https://ok.example/a%2fb',
    'https://ok.example/cb;x=1',
    'https://ok.example/cb#f',
    'https:/ok.example/cb',
    'https:ok.example/cb',
    '//ok.example/cb',
    'HTTPS://ok.example/cb',
    'https://OK.example/cb',
    'https://ok.example./cb',
    'http://2130706433/cb',
    'http://0x7f.1/cb',
    'http://127.1/cb',
    'http://0.0.0.0/cb',
    'http://127.0.0.2/cb',
    'http://localhost./cb',
    'http://localhost.evil.example/cb',
    'javascript:alert(1)',
    'JaVaScRiPt:alert(1)',
    'data:text/html,x',
    'blob:https://ok.example/x',
    'vbscript:x',
    'file:///etc/passwd',
    'about:blank',
    'ws://ok.example/cb',
    'ftp://ok.example/cb',
    'myapp:cb',
    'https://ok.example/cb ',
    ' https://ok.example/cb',
    'https://ok.example/c\tb',
    'https://ok.example/c\nb',
    'https://ok.example/c\0b',
    'https://аpp.example/cb',
    'https://ok。example/cb',
    `https://ok.example/${'a'.repeat(2048)}`,
    '',
    7,
    null,
  ])('%j is refused', (uri) => {
    expect(judgeRedirectUri(uri, DEFAULT_SCHEMES)).toMatchObject({ ok: false });
  });

  it('is never accepted when a second parser would go to another host', () => {
    const piece = fc.constantFrom(
      'https://',
      'http://',
      'ok.example',
      '@',
      ':',
      '/',
      '\\',
      '127.0.0.1',
      '#',
      '?',
      '%40',
      '.',
      'evil.example',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 9 }), (pieces) => {
        const uri = pieces.join('');
        const judged = judgeRedirectUri(uri);
        if (!judged.ok || judged.kind === 'custom-scheme') return;
        const authority = /^https?:\/\/([^/?#]*)/.exec(uri)?.[1] ?? '';
        expect(authority.replace(/:(80|443)$/, '')).toBe(new URL(uri).host);
      }),
    );
  });

  it('is shown by its host, and a program’s own scheme by its scheme', () => {
    expect(redirectTarget('https://app.example:8443/cb?x')).toEqual({
      target: 'app.example:8443',
      kind: 'web',
    });
    expect(redirectTarget('cursor://x/y?z=1')).toEqual({ target: 'cursor://x/y', kind: 'custom-scheme' });
  });
});

describe('private-use schemes of redirect URIs (RFC 8252 §7.1)', () => {
  it('are those the operator lists, and reverse domains only where the list says so', () => {
    expect(judgeRedirectUri('myapp://cb', ['myapp'])).toMatchObject({ ok: true });
    expect(judgeRedirectUri('cursor://cb', ['myapp'])).toMatchObject({ ok: false });
    expect(judgeRedirectUri('com.example.app:/cb', ['myapp'])).toMatchObject({ ok: false });
    expect(judgeRedirectUri('com.example.app:/cb', ['reverse-domain'])).toMatchObject({ ok: true });
  });

  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'file:///etc/passwd',
    'blob:x',
    'about:blank',
    'ws://a/',
  ])('%s is none, whatever is listed', (uri) => {
    expect(judgeRedirectUri(uri)).toMatchObject({ ok: false });
    expect(judgeRedirectUri(uri, [uri.split(':')[0] ?? ''])).toMatchObject({ ok: false });
  });
});

describe('the list of redirect URIs (CLIENT_REGISTRATION=allowlist)', () => {
  it.each([
    ['http://127.0.0.1:5555/cb', ['loopback'], true],
    ['http://localhost/cb', ['https://localhost'], false],
    ['https://claude.ai/api/mcp/auth_callback', ['https://claude.ai'], true],
    ['https://claude.ai.evil.example/cb', ['https://claude.ai'], false],
    ['https://claude.ai/other', ['https://claude.ai/api/mcp/auth_callback'], false],
    ['cursor://x/cb', ['cursor:'], true],
    ['cursors://x/cb', ['cursor:'], false],
    ['cursor://anysphere.cursor-mcp/oauth/callback', ['cursor://anysphere.cursor-mcp/'], true],
    ['cursor://anysphere.cursor-deeplink/mcp/install', ['cursor://anysphere.cursor-mcp/'], false],
    ['cursor://anysphere.cursor-mcp.evil/cb', ['cursor://anysphere.cursor-mcp/'], false],
    ['cursor://anysphere.cursor-mcp/../cb', ['cursor://anysphere.cursor-mcp/'], false],
    ['cursor://anysphere.cursor-mcp/%2e%2e/cb', ['cursor://anysphere.cursor-mcp/'], false],
    ['https://claude.ai/api/cb', ['https://claude.ai/api/'], false],
  ])('%s on %j: %s', (uri, list, isListed) => {
    expect(isOnRedirectList(uri, list)).toBe(isListed);
  });
});
