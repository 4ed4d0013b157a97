import { describe, expect, it } from 'vitest';
import { judgeRegistration } from '../../../gateway/clients/registration-policy.ts';

const good = { redirect_uris: ['http://127.0.0.1:7777/cb'] };

describe('a registration (RFC 7591 §2)', () => {
  it('needs redirect URIs only; what is absent gets what a public native client needs', () => {
    expect(judgeRegistration(good)).toEqual({
      ok: true,
      dropped: [],
      metadata: {
        redirect_uris: good.redirect_uris,
        application_type: 'native',
        grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
        response_types: ['code'],
        token_endpoint_auth_method: 'none',
      },
    });
  });

  it('is native when any redirect is loopback or a program’s own scheme, whatever the client says (MCP A9)', () => {
    const cursor = ['cursor://anysphere/cb', 'https://www.cursor.com/cb', 'http://localhost:8787/callback'];
    const judged = judgeRegistration({ redirect_uris: cursor, application_type: 'web' });
    expect(judged).toMatchObject({ ok: true, metadata: { application_type: 'native' } });
  });

  it('is web when all redirects are https', () => {
    const judged = judgeRegistration({ redirect_uris: ['https://claude.ai/api/mcp/auth_callback'] });
    expect(judged).toMatchObject({ ok: true, metadata: { application_type: 'web' } });
  });

  it('keeps nothing that would make us fetch, cap scopes or let the client name itself', () => {
    const judged = judgeRegistration({
      ...good,
      scope: 'read:user',
      client_id: 'mine',
      client_secret: 'mine',
      client_id_issued_at: 1,
      jwks_uri: 'http://169.254.169.254/',
      jwks: { keys: [] },
      sector_identifier_uri: 'https://internal/',
      software_statement: 'x.y.z',
      token_endpoint_auth_method: 'private_key_jwt',
      initiate_login_uri: 'https://internal/',
    });
    expect(judged).toMatchObject({ ok: true });
    expect(judged.ok && Object.keys(judged.metadata).sort()).toEqual([
      'application_type',
      'grant_types',
      'redirect_uris',
      'response_types',
      'token_endpoint_auth_method',
    ]);
  });

  it('drops grant types that are not served', () => {
    const judged = judgeRegistration({
      ...good,
      grant_types: ['authorization_code', 'implicit', 'password'],
    });
    expect(judged).toMatchObject({ ok: true, metadata: { grant_types: ['authorization_code'] } });
  });

  it('takes null and empty optional members as absent', () => {
    const judged = judgeRegistration({ ...good, client_name: '', client_uri: null, grant_types: null });
    expect(judged).toMatchObject({ ok: true });
  });

  it('takes control and bidirectional characters out of the name', () => {
    const judged = judgeRegistration({ ...good, client_name: 'Git\u202eHub\u200b\u0007' });
    expect(judged).toMatchObject({ ok: true, metadata: { client_name: 'GitHub' } });
  });

  it.each([
    ['no redirect_uris', {}, 'invalid_redirect_uri'],
    ['an empty list', { redirect_uris: [] }, 'invalid_redirect_uri'],
    ['text instead of a list', { redirect_uris: 'https://a.example/' }, 'invalid_redirect_uri'],
    [
      'eleven',
      { redirect_uris: Array.from({ length: 11 }, (_, i) => `https://a.example/${String(i)}`) },
      'invalid_redirect_uri',
    ],
    ['one twice', { redirect_uris: ['https://a.example/', 'https://a.example/'] }, 'invalid_redirect_uri'],
    ['a number', { redirect_uris: [1] }, 'invalid_redirect_uri'],
    ['implicit only', { ...good, grant_types: ['implicit'] }, 'invalid_client_metadata'],
    ['response type token', { ...good, response_types: ['token'] }, 'invalid_client_metadata'],
    ['a name that is an object', { ...good, client_name: {} }, 'invalid_client_metadata'],
    ['tokens bound to a key', { ...good, dpop_bound_access_tokens: true }, 'invalid_client_metadata'],
    ['signed requests', { ...good, require_signed_request_object: true }, 'invalid_client_metadata'],
    ['pushed requests', { ...good, require_pushed_authorization_requests: true }, 'invalid_client_metadata'],
    [
      'tokens bound to a certificate',
      { ...good, tls_client_certificate_bound_access_tokens: true },
      'invalid_client_metadata',
    ],
  ])('is refused with %s', (_name, request, error) => {
    expect(judgeRegistration(request)).toMatchObject({ ok: false, error });
  });
});

describe('B07: a member that is neither shown nor used', () => {
  it.each([
    ['use-mcp on a developer’s machine', { client_uri: 'http://localhost:5173' }],
    ['Cloudflare’s agents SDK', { client_uri: 'http://localhost:8787', logo_uri: '' }],
    ['a host of the local network', { client_uri: 'http://nas.local/' }],
    ['an address with a fragment', { client_uri: 'https://example.com/#about' }],
    ['an address in upper case', { client_uri: 'https://GitHub.com/x/y' }],
    ['no address', { client_uri: 'example.com' }],
    ['an international host', { client_uri: 'https://müller.example/' }],
    ['a data: logo', { logo_uri: 'data:image/png;base64,AAAA' }],
    ['an escaped slash', { logo_uri: 'https://a.example/x%2Fy.png' }],
    ['terms by http', { tos_uri: 'http://a.example/terms' }],
    ['a script', { policy_uri: 'javascript:alert(1)' }],
    ['objects and numbers', { contacts: { a: 1 }, software_version: 3, scope: ['x'], unheard_of: {} }],
    ['binding that is not asked for', { dpop_bound_access_tokens: false }],
  ])('costs nothing and is not kept: %s', (_title, members) => {
    const judged = judgeRegistration({ ...good, ...members });
    expect(judged).toMatchObject({ ok: true, dropped: Object.keys(members) });
    if (judged.ok)
      for (const member of Object.keys(members)) expect(judged.metadata).not.toHaveProperty(member);
  });

  it('response types beside code are left out', () => {
    const judged = judgeRegistration({ ...good, response_types: ['code', 'code id_token'] });
    expect(judged).toMatchObject({ ok: true, metadata: { response_types: ['code'] } });
  });

  it('a long name is shortened, by characters and not by halves of them', () => {
    const judged = judgeRegistration({ ...good, client_name: '😀'.repeat(200) });
    expect(judged).toMatchObject({ ok: true, metadata: { client_name: `${'😀'.repeat(127)}…` } });
  });
});
