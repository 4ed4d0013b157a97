import { describe, expect, it } from 'vitest';
import { isClientIdUrl } from '../../../gateway/clients/client-id-url.ts';
import { freshSeconds } from '../../../gateway/clients/freshness.ts';
import { DEFAULT_REGISTRATION_RULES } from '../../../gateway/clients/registration-policy.ts';
import { judgeDocument } from '../../../gateway/clients/judge-document.ts';

const ID = 'https://client.example/oauth/client.json';
const document = { client_id: ID, client_name: 'Client', redirect_uris: ['https://client.example/cb'] };
const answer = (body: unknown, status = 200, contentType: string | undefined = 'application/json') => ({
  status,
  contentType,
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
});

describe('a client id that is a URL (draft-02 §3)', () => {
  it.each([ID, 'https://client.example:8443/c', 'https://client.example/c?v=1'])(
    '%s names a document',
    (id) => {
      expect(isClientIdUrl(id)).toBe(true);
    },
  );

  it.each([
    'http://client.example/c',
    'https://client.example',
    'https://client.example/',
    'https://client.example/c#f',
    'https://user@client.example/c',
    'https://client.example/a/../c',
    'https://client.example/a/%2e%2e/c',
    'https://client.example\\c',
    'https://CLIENT.example/c',
    'https://client.example:443/c',
    'https://127.0.0.1/c',
    'https://2130706433/c',
    'https://[::1]/c',
    'https://client.example/c d',
    'https://cliént.example/c',
    `https://client.example/${'c'.repeat(600)}`,
    'dcr_1',
    '',
  ])('%j names none', (id) => {
    expect(isClientIdUrl(id)).toBe(false);
  });
});

describe('a client document (draft-02 §4)', () => {
  it('is client metadata under the registration rules', () => {
    expect(judgeDocument(ID, answer(document), DEFAULT_REGISTRATION_RULES)).toMatchObject({
      ok: true,
      metadata: { client_name: 'Client', application_type: 'web', token_endpoint_auth_method: 'none' },
    });
  });

  it('with portless loopback redirects is a native client, whatever it says (Claude Code)', () => {
    const native = { ...document, redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'] };
    expect(judgeDocument(ID, answer(native), DEFAULT_REGISTRATION_RULES)).toMatchObject({
      ok: true,
      metadata: { application_type: 'native' },
    });
  });

  it.each([
    ['another client_id', { ...document, client_id: `${ID}/` }],
    ['no client_name', { ...document, client_name: undefined }],
    ['no redirect_uris', { ...document, redirect_uris: undefined }],
    ['a secret', { ...document, client_secret: 'x' }],
    ['a method that needs a secret', { ...document, token_endpoint_auth_method: 'client_secret_basic' }],
    ['http redirects elsewhere', { ...document, redirect_uris: ['http://evil.example/cb'] }],
    ['a list', [document]],
    ['null', 'null'],
    ['no JSON', '<html>'],
  ])('is refused with %s', (_name, body) => {
    expect(judgeDocument(ID, answer(body), DEFAULT_REGISTRATION_RULES)).toMatchObject({ ok: false });
  });

  it.each([204, 206, 301, 302, 404, 500])('is refused with status %i', (status) => {
    expect(judgeDocument(ID, answer(document, status), DEFAULT_REGISTRATION_RULES)).toMatchObject({
      ok: false,
    });
  });

  it.each(['text/html', 'text/plain', undefined])('is refused as %s', (contentType) => {
    expect(judgeDocument(ID, { ...answer(document), contentType }, DEFAULT_REGISTRATION_RULES)).toMatchObject(
      { ok: false },
    );
  });
});

describe('freshness', () => {
  it.each([
    [undefined, 3600],
    ['max-age=600', 600],
    ['public, max-age="600"', 600],
    ['max-age=1', 30],
    ['max-age=10000000000', 86_400],
    ['no-store', 30],
    ['max-age=-5', 3600],
  ])('of %j is %i s', (header, seconds) => {
    expect(freshSeconds(header)).toBe(seconds);
  });
});
