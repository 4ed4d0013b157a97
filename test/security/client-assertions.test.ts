import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AssertionSigner } from '../clients/assertion-signer.ts';
import { createSigner } from '../clients/assertion-signer.ts';
import type { DocumentHost } from '../clients/document-host.ts';
import { startDocumentHost } from '../clients/document-host.ts';
import { expectOAuthError } from '../support/expect-answer.ts';
import { authorize, postForm, redemption } from '../support/oauth-client.ts';
import { useStack } from '../support/use-stack.ts';

const REDIRECT = 'https://client.example/callback';
let documents: DocumentHost;
let signer: AssertionSigner;
beforeAll(async () => {
  documents = await startDocumentHost();
  signer = await createSigner();
});
afterAll(async () => {
  await documents.close();
});
const shared = useStack(() => ({
  env: { CIMD_ALLOWED_HOSTS: documents.host, EXTRA_CA_FILE: documents.caFile },
}));

function publish(path: string, keys: Record<string, unknown>) {
  return documents.publish(path, {
    client_name: 'Signing client',
    redirect_uris: [REDIRECT],
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'RS256',
    ...keys,
  });
}

async function waiting(path: string, keys: Record<string, unknown> = { jwks: signer.jwks }) {
  const client = { clientId: publish(path, keys), redirectUri: REDIRECT };
  const { code, request } = await authorize(shared.stack, client);
  return { client, form: redemption(client, { code, codeVerifier: request.codeVerifier }) };
}

const redeem = async (form: Record<string, string>) =>
  await postForm(`${shared.stack.publicUrl}/token`, form);

describe('a client whose document says private_key_jwt (RFC 7523 §2.2)', () => {
  it('proves itself with a key of its document, for either audience', async () => {
    for (const audience of [shared.stack.publicUrl, `${shared.stack.publicUrl}/token`]) {
      const { client, form } = await waiting('/inline.json');
      const answer = await redeem({ ...form, ...(await signer.assert(client.clientId, audience)) });
      expect(answer.status, await answer.clone().text()).toBe(200);
    }
  });

  it.each<[string, Record<string, unknown>]>([
    ['for another audience', { aud: 'https://other.example' }],
    ['that has run out', { exp: 1 }],
    ['that lives for a day', { exp: Math.floor(Date.now() / 1000) + 86_400 }],
    ['without an id', { jti: undefined }],
    ['of another client', { iss: 'https://other.example/client' }],
  ])('is refused with an assertion %s, and the code stays', async (_title, over) => {
    const { client, form } = await waiting('/refused.json');
    const assertion = await signer.assert(client.clientId, shared.stack.publicUrl, over);
    await expectOAuthError(
      await redeem({ ...form, ...assertion }),
      [400, 401],
      ['invalid_client', 'invalid_request'],
    );
    const good = await signer.assert(client.clientId, shared.stack.publicUrl);
    expect((await redeem({ ...form, ...good })).status).toBe(200);
  });

  it('is refused without an assertion, and with one of another key', async () => {
    const { client, form } = await waiting('/other-key.json');
    await expectOAuthError(await redeem(form), 401, 'invalid_client');
    const stranger = await (await createSigner()).assert(client.clientId, shared.stack.publicUrl);
    await expectOAuthError(await redeem({ ...form, ...stranger }), 401, 'invalid_client');
  });

  it('uses an assertion once, also when it comes twice at the same moment', async () => {
    const waitingCodes = await Promise.all([waiting('/twice.json'), waiting('/twice.json')]);
    const clientId = waitingCodes[0].client.clientId;
    const assertion = await signer.assert(clientId, shared.stack.publicUrl);
    const answers = await Promise.all(
      waitingCodes.map(async ({ form }) => await redeem({ ...form, ...assertion })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 401]);
  });

  it.each<[string, Record<string, unknown>]>([
    ['no keys', {}],
    ['keys that are none', { jwks: { keys: [{ kty: 'oct', k: 'c2VjcmV0' }] } }],
    ['a short RSA key', { jwks: { keys: [{ kty: 'RSA', n: 'abc', e: 'AQAB' }] } }],
    ['keys over plain http', { jwks_uri: 'http://localhost/jwks.json' }],
    ['keys on a host the operator did not name', { jwks_uri: 'https://169.254.169.254/jwks.json' }],
    ['a symmetric algorithm', { token_endpoint_auth_signing_alg: 'HS256' }],
  ])('is no client with %s', async (title, keys) => {
    const clientId = publish(`/bad-${String(title.length)}.json`, keys);
    const { back, consent } = await authorize(shared.stack, { clientId, redirectUri: REDIRECT }).catch(
      (error: unknown) => ({ back: undefined, consent: undefined, error }),
    );
    expect(back?.location).toBeUndefined();
    expect(consent?.status ?? 400).toBe(400);
  });
});
