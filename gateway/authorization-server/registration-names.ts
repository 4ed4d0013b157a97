import { createHmac, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Request } from 'express';
import type { Clock } from '../../shared/clock.ts';
import type { KeyRing } from '../../shared/vault/index.ts';
import { deriveCurrent } from '../../shared/vault/index.ts';
import type { ClientMetadata } from './registration-policy.ts';

/** Registrations of one client within this time are one (ms): some hosts register twice for every connection. */
const SAME_CLIENT_MS = 30_000;

/**
 * Names the clients that register. The same metadata from the same address at about the same time gets the same client
 * id, whichever gateway answers: a public client has nothing that two copies of it must not share. Clients with a
 * secret are never shared.
 */
export interface RegistrationNames {
  /** Notes what a request registers. */
  note(req: Request, metadata: ClientMetadata): void;
  /** The client id of a noted request. */
  nameOf(req: IncomingMessage): string;
}

export function createRegistrationNames(deps: { gatewayRing: KeyRing; clock: Clock }): RegistrationNames {
  const names = new WeakMap<IncomingMessage, string>();
  return {
    note: (req, metadata) => {
      if (metadata['token_endpoint_auth_method'] !== 'none') return;
      const time = Math.floor(deps.clock.now() / SAME_CLIENT_MS);
      const name = createHmac('sha256', deriveCurrent(deps.gatewayRing, 'registration-names'))
        .update(JSON.stringify([req.ip ?? '', time, metadata]))
        .digest('base64url');
      names.set(req, `dcr_${name.slice(0, 32)}`);
    },
    nameOf: (req) => names.get(req) ?? `dcr_${randomUUID()}`,
  };
}
