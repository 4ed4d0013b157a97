import type { IncomingMessage } from 'node:http';
import type { AccessTokenClaims } from '../../../shared/access-token/index.ts';
import { createAccessTokenVerifier, createJwksSource } from '../../../shared/access-token/index.ts';
import { systemClock } from '../../../shared/clock.ts';
import {
  createGatewayContextVerifier,
  GATEWAY_CONTEXT_HEADER,
} from '../../../shared/gateway-context/index.ts';
import { resourcesOf } from '../../../shared/resources.ts';
import { fixedSecret } from '../../../shared/secrets/index.ts';

export type Admission = { readonly claims: AccessTokenClaims } | { readonly status: 401 | 403 | 404 | 405 };

/** Verifies who calls (the access token) and that a gateway let them in (its context), as the product's worker does. */
export function createAdmission(of: { issuer: string; gateKey: string }) {
  const [resource] = resourcesOf(of.issuer);
  const clock = systemClock;
  const verify = createAccessTokenVerifier({
    issuer: of.issuer,
    audience: resource.identifier,
    findKey: createJwksSource({
      fetchJwks: async () => await (await fetch(`${of.issuer}/jwks`)).json(),
      clock,
    }),
    clock,
  });
  const verifyContext = createGatewayContextVerifier({ secret: fixedSecret(of.gateKey), clock });

  return async (req: IncomingMessage): Promise<Admission> => {
    if (req.url !== resource.path) return { status: 404 };
    const token = /^Bearer ([^\s]+)$/.exec(req.headers.authorization ?? '')?.[1];
    const verification = token === undefined ? undefined : await verify(token);
    if (verification?.ok !== true) return { status: 401 };
    const header = req.headers[GATEWAY_CONTEXT_HEADER];
    const context = typeof header === 'string' ? await verifyContext(header) : undefined;
    if (context?.gid !== verification.claims.gid) return { status: 403 };
    return req.method === 'POST' ? { claims: verification.claims } : { status: 405 };
  };
}
