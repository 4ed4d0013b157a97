import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { consentPage, messagePage, PAGE_HEADERS } from '../../../gateway/pages/index.ts';
import type { ConsentModel } from '../../../gateway/pages/index.ts';

const model: ConsentModel = {
  action: '/interaction/x',
  csrfToken: 'token',
  client: { name: 'Editor', id: 'dcr_1', publisher: undefined },
  redirect: { target: 'app.example', kind: 'web' },
  resource: 'https://gateway.example/mcp',
  githubHost: 'github.com',
  requested: [{ name: 'read:user', meaning: 'read your profile' }],
  offered: [{ name: 'repo', meaning: 'read and write all your repositories' }],
  account: undefined,
  accountChangedFrom: undefined,
};

describe('the consent page (MCP A5, A6, A20)', () => {
  it('names client as claimed, id, redirect host, resource and scopes', () => {
    const page = consentPage(model);
    for (const text of [
      'Editor',
      'dcr_1',
      'app.example',
      'https://gateway.example/mcp',
      'read:user',
      'Nobody has verified it',
    ]) {
      expect(page).toContain(text);
    }
  });

  it('offers more scopes unticked', () => {
    expect(consentPage(model)).toContain('value="repo"');
    expect(consentPage(model)).not.toContain('checked');
  });

  it.each(['loopback', 'custom-scheme'] as const)('warns when the answer goes to a program (%s)', (kind) => {
    expect(consentPage({ ...model, redirect: { target: 'localhost:1', kind } })).toContain(
      'Any local program',
    );
    expect(consentPage(model)).not.toContain('Any local program');
  });

  it('says who is signed in, else whoever is signed in at GitHub', () => {
    expect(consentPage(model)).toContain('whoever is signed in at github.com');
    expect(consentPage({ ...model, account: 'octocat' })).toContain('Use another account');
  });

  it('renders whatever a client calls itself as text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (name) => {
        const page = consentPage({
          ...model,
          client: { name: `<${name}>"'`, id: 'x', publisher: undefined },
        });
        expect(page.match(/<script|<img|onerror=/i)).toBeNull();
        expect(page.split('<form').length).toBe(2);
        expect(page).toContain('&lt;');
      }),
    );
  });

  it('shows characters that hide or reorder text', () => {
    const page = consentPage({ ...model, client: { name: 'Git\u202ebuH', id: 'x', publisher: undefined } });
    expect(page).not.toContain('\u202e');
    expect(page).toContain('\\u{202e}');
  });
});

describe('every page', () => {
  it('may be framed by nobody, cached by nobody, and loads nothing', () => {
    expect(PAGE_HEADERS['x-frame-options']).toBe('DENY');
    expect(PAGE_HEADERS['cache-control']).toBe('no-store');
    expect(PAGE_HEADERS['content-security-policy']).toMatch(/^default-src 'none'; style-src 'sha256-/);
    expect(PAGE_HEADERS['content-security-policy']).toContain("frame-ancestors 'none'");
    expect(messagePage({ title: 't', explanation: 'e', next: 'n' })).not.toMatch(/src=|href=/);
  });

  it('has no form-action: Chromium would block the redirect chain behind the form', () => {
    expect(PAGE_HEADERS['content-security-policy']).not.toContain('form-action');
  });
});
