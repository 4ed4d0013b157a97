import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import type { JWTHeaderParameters, JWTPayload } from 'jose';
import { loadSigningKeys } from '../../gateway/authorization-server/signing-keys/signing-keys.ts';
import { systemClock } from '../../shared/clock.ts';
import { createGatewayContextSigner } from '../../shared/gateway-context/index.ts';
import { fixedSecret } from '../../shared/secrets/index.ts';
import { openSqliteStore } from '../../shared/store/index.ts';
import { parseKeyRing } from '../../shared/vault/index.ts';
import type { Stack } from './stack.ts';

/** What only the gateway can make, for forgeries that are wrong in exactly one respect. */
export interface GatewayKeys {
  readonly kid: string;
  /** Signs with the gateway's own key; the header is the genuine one with `header` over it. */
  sign(claims: JWTPayload, header?: Partial<JWTHeaderParameters>): Promise<string>;
  /** A gateway context for a grant, so that a worker can be addressed directly. */
  contextFor(grantId: string): Promise<string>;
}

/** Reads the keys a stack generated in its state folder. */
export async function readGatewayKeys(stack: Stack): Promise<GatewayKeys> {
  const read = (name: string) => readFileSync(join(stack.stateDir, name), 'utf8').trim();
  const store = await openSqliteStore({ folder: stack.stateDir, clock: systemClock });
  const gatewayRing = parseKeyRing(read('gateway-keys'));
  const signing = await loadSigningKeys({
    store,
    gatewayRing,
    clock: systemClock,
    maxAgeMs: Infinity,
    revocations: { publish: () => Promise.resolve() },
  });
  await store.close();
  const { kid, privateKey } = signing.current();
  const signContext = createGatewayContextSigner({
    secret: fixedSecret(read('worker-gate-key')),
    clock: systemClock,
  });
  return {
    kid,
    sign: async (claims, header = {}) =>
      await new SignJWT(claims)
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid, ...header })
        .sign(privateKey),
    contextFor: async (grantId) => await signContext(grantId, { gid: grantId, tools: ['*'] }),
  };
}
