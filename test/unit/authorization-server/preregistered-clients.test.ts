import { describe, expect, it } from 'vitest';
import { parsePreregisteredClients } from '../../../gateway/clients/index.ts';

const ide = { client_id: 'ide', redirect_uris: ['http://127.0.0.1/callback'] };
const parse = (...clients: readonly unknown[]) => parsePreregisteredClients(JSON.stringify(clients));

/** An operator's file: every fault is found at the start and named by its place. */
describe('preregistered clients', () => {
  it('are public clients for the code flow (RFC 7591 §2)', () => {
    expect(parse(ide).get('ide')).toMatchObject({
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
      ...ide,
    });
  });

  it.each([
    ['text that is no JSON', 'ide', 'is not JSON'],
    ['one client outside a list', JSON.stringify(ide), 'must be a JSON list'],
  ])('refuse %s', (_, text, fault) => {
    expect(() => parsePreregisteredClients(text)).toThrow(fault);
  });

  it.each([
    ['a client that is no object', ['ide'], 'client 1 of the list is not an object'],
    ['no id', [{ redirect_uris: ide.redirect_uris }], 'client 1 of the list needs a client_id'],
    [
      'an id that is a URL, which belongs to its host',
      [{ ...ide, client_id: 'https://a.example/c' }],
      'client_id',
    ],
    ['one id twice', [ide, ide], 'client 2 of the list has the client_id of another one'],
    [
      'a redirect URI of another machine without TLS',
      [{ ...ide, redirect_uris: ['http://a.example/'] }],
      'client 1',
    ],
    ['no redirect URI', [{ client_id: 'ide' }], 'redirect_uris'],
    ['a secret that nothing would ask for', [{ ...ide, client_secret: 'x'.repeat(32) }], 'no token_endpoint'],
    [
      'a method with a secret',
      [{ ...ide, token_endpoint_auth_method: 'client_secret_basic' }],
      'client_secret of 32',
    ],
  ])('refuse %s', (_, clients, fault) => {
    expect(() => parse(...clients)).toThrow(fault);
  });
});
