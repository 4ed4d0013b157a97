import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { consentPage, messagePage, PAGE_HEADERS } from '../../../gateway/pages/index.ts';
import type { ConsentModel } from '../../../gateway/pages/index.ts';

const model: ConsentModel = {
  action: '/interaction/x',
  csrfToken: 'token',
  client: { name: 'Editor', id: 'dcr_1', hostedAt: undefined },
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
          client: { name: `a<${name}>"'`, id: 'x', hostedAt: undefined },
        });
        expect(page.match(/<script|<img|onerror=/i)).toBeNull();
        expect(page.split('<form').length).toBe(2);
        expect(page).toContain('&lt;');
      }),
    );
  });

  it('S14: drops characters of a name that hide or reorder text', () => {
    const page = consentPage({ ...model, client: { name: 'Git\u202ebuH', id: 'x', hostedAt: undefined } });
    expect(page).not.toContain('\u202e');
    expect(page).toContain('>GitbuH</bdi>');
  });
});

describe('S14: what strangers call themselves', () => {
  const named = (name: string) => consentPage({ ...model, client: { name, id: 'x', hostedAt: undefined } });
  const shown = (name: string) => /<bdi class="claimed">([^<]*)<\/bdi>/.exec(named(name))?.[1];

  it('stands in a box of its own, never in a heading, a title or a sentence', () => {
    const name = 'Claude to read public pages? Checked by Acme IT';
    const page = named(name);
    expect(page.split(name)).toHaveLength(2);
    expect(page).toContain(`<bdi class="claimed">${name}</bdi>`);
    expect(/<h1>[^<]*<\/h1>/.exec(page)?.[0]).not.toContain('Claude');
    expect(/<title>[^<]*<\/title>/.exec(page)?.[0]).not.toContain('Claude');
  });

  it.each([
    ['Claude” to read public pages? “Claude', 'Claude to read public pages? Claude'],
    ['«Git»„Hub‟ "x"', 'GitHub x'],
    ['\u{1d406}\u{1d422}\u{1d42d}\u{1d407}\u{1d42e}\u{1d41b}', 'GitHub'],
    ['Ｇｉｔ\u2800Ｈub\u3164', 'GitHub'],
    ['Bob’s tool', 'Bob’s tool'],
    ['a\u200bb\u202ec', 'abc'],
    ['x'.repeat(500), `${'x'.repeat(128)}…`],
  ])('%j is shown as %j', (name, expected) => {
    expect(shown(name)).toBe(expected);
  });

  it.each(['', '\u2800', '\u3164\uffa0', '!?…', '“”', '\u202e', '—'])('%j is shown as no name', (name) => {
    expect(shown(name)).toBe('An application without a usable name');
  });

  it('a description on a shared host is hosted there, and nothing is called verified', () => {
    const hostedAt = { host: 'cdn.jsdelivr.net', path: '/gh/evil/x/c.json' };
    const page = consentPage({ ...model, client: { name: 'GitHub', id: 'x', hostedAt } });
    expect(page).toContain('hosted at');
    expect(page).toContain('<bdi><strong>cdn.jsdelivr.net</strong>/gh/evil/x/c.json</bdi>');
    expect(page).not.toContain('Verified');
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
