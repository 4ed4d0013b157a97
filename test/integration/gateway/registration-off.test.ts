import { describe, expect, it } from 'vitest';
import { expectOAuthError } from '../../support/expect-answer.ts';
import {
  authorizationRequest,
  postForm,
  postJson,
  refreshRequest,
  signIn,
} from '../../support/oauth-client.ts';
import { useStack } from '../../support/use-stack.ts';

/** Two gateways of one store: the operator has turned self-registration off at the second already. */
const shared = useStack(() => ({
  gateways: 2,
  envOf: (gateway): Record<string, string> => (gateway === 1 ? { CLIENT_REGISTRATION: 'off' } : {}),
}));
const off = () => shared.stack.gateways[1] ?? '';
const DOCUMENT = 'https://stranger.example/client.json';

describe('S9: CLIENT_REGISTRATION=off', () => {
  it('takes no registration, in JSON and with a reference, and announces none', async () => {
    const response = await postJson(`${off()}/register`, { redirect_uris: ['http://127.0.0.1/x'] });
    expect(response.status).toBe(404);
    expect(response.headers.get('x-request-id')).not.toBeNull();
    expect(await response.json()).toMatchObject({ error: 'not_found' });
    const metadata = await (await fetch(`${off()}/.well-known/oauth-authorization-server`)).json();
    expect(metadata).not.toHaveProperty('registration_endpoint');
    expect(metadata).not.toHaveProperty('client_id_metadata_document_supported');
  });

  it('serves nobody known by a document, unless its host is allowed, and asks no host', async () => {
    const client = { clientId: DOCUMENT, redirectUri: 'http://127.0.0.1/x' };
    const response = await fetch(authorizationRequest(off(), client).url, { redirect: 'manual' });
    expect(response.status).toBe(400);
    expect(await response.text()).toContain('not registered here');
  });

  it('serves nobody who registered before', async () => {
    const response = await fetch(authorizationRequest(off(), shared.client).url, { redirect: 'manual' });
    expect(response.status).toBe(400);
    const here = await fetch(authorizationRequest(shared.stack.publicUrl, shared.client).url, {
      redirect: 'manual',
    });
    expect(here.status).toBe(303);
  });

  it('ends the grants of such clients at their next refresh, with the reason', async () => {
    const { tokens } = await signIn(shared.stack, { client: shared.client });
    await expectOAuthError(
      await postForm(`${off()}/token`, refreshRequest(shared.client, tokens.refresh_token)),
      401,
      'invalid_client',
    );
    expect(shared.stack.events).toContainEqual(
      expect.objectContaining({ type: 'grant.ended', reason: 'client_not_allowed' }),
    );
    await expectOAuthError(
      await postForm(`${shared.stack.publicUrl}/token`, refreshRequest(shared.client, tokens.refresh_token)),
      400,
      'invalid_grant',
    );
  });

  it('ends no grant of another client, nor by a token that is not genuine', async () => {
    const { tokens } = await signIn(shared.stack, { client: shared.client });
    for (const [clientId, token] of [
      ['dcr_other', tokens.refresh_token],
      [shared.client.clientId, tokens.refresh_token.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A'))],
    ] as const) {
      await postForm(`${off()}/token`, {
        grant_type: 'refresh_token',
        client_id: clientId,
        refresh_token: token,
      });
    }
    const response = await postForm(
      `${shared.stack.publicUrl}/token`,
      refreshRequest(shared.client, tokens.refresh_token),
    );
    expect(response.status).toBe(200);
  });

  it('is said at the start', () => {
    expect(shared.stack.log.join('')).toContain('CLIENT_REGISTRATION=off: client documents are off too');
  });
});
