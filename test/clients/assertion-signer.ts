import { randomUUID } from 'node:crypto';
import type { JWK } from 'jose';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

/** Signs the assertions with which a client proves who it is (RFC 7523 §2.2). */
export interface AssertionSigner {
  readonly jwks: { readonly keys: readonly JWK[] };
  /** The form members of one token request; `over` replaces claims. */
  assert(clientId: string, audience: string, over?: Record<string, unknown>): Promise<AssertionForm>;
}

export type AssertionForm = Readonly<Record<'client_assertion' | 'client_assertion_type', string>>;

export async function createSigner(): Promise<AssertionSigner> {
  const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
  const kid = 'client-key';
  return {
    jwks: { keys: [{ ...(await exportJWK(publicKey)), kid, use: 'sig', alg: 'RS256' }] },
    assert: async (clientId, audience, over = {}) => {
      const now = Math.floor(Date.now() / 1000);
      const claims = {
        iss: clientId,
        sub: clientId,
        aud: audience,
        jti: randomUUID(),
        iat: now,
        exp: now + 60,
      };
      const jwt = await new SignJWT({ ...claims, ...over })
        .setProtectedHeader({ alg: 'RS256', kid })
        .sign(privateKey);
      return {
        client_assertion: jwt,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      };
    },
  };
}
