import { createHmac, randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { isIPv4 } from 'node:net';
import { ipKeyGenerator } from 'express-rate-limit';
import type { Clock } from '../../shared/clock.ts';
import type { KeyRing } from '../../shared/vault/index.ts';
import { deriveCurrent } from '../../shared/vault/index.ts';
import type { ClientMetadata } from './registration-policy.ts';

/** Registrations of one client within this time are one (ms): some hosts register twice for every connection. */
const SAME_CLIENT_MS = 30_000;
const PREFIX = 'dcr_';
const TAG_CHARACTERS = 8;
const NAME_CHARACTERS = 24;

/** A request with its client's address, as far as TRUSTED_PROXIES vouch for it. */
type RegistrationRequest = IncomingMessage & { readonly ip?: string | undefined };

/**
 * Names the clients that register. Their ids begin with a tag of the network they came from, so that those of one network
 * can be told to belong together without keeping addresses. The same metadata from the same address at about the same time gets the same client
 * id, whichever gateway answers: a public client has nothing that two copies of it must not share. Clients with a
 * secret are never shared.
 */
export interface RegistrationNames {
  /** Notes what a request registers. */
  note(req: RegistrationRequest, metadata: ClientMetadata): void;
  /** The client id of a noted request. */
  nameOf(req: IncomingMessage): string;
}

export function createRegistrationNames(deps: { gatewayRing: KeyRing; clock: Clock }): RegistrationNames {
  const names = new WeakMap<IncomingMessage, string>();
  const digest = (content: readonly unknown[]) =>
    createHmac('sha256', deriveCurrent(deps.gatewayRing, 'registration-names'))
      .update(JSON.stringify(content))
      .digest('base64url');
  return {
    note: (req, metadata) => {
      const address = addressOf(req);
      const isShared = metadata['token_endpoint_auth_method'] === 'none';
      const time = Math.floor(deps.clock.now() / SAME_CLIENT_MS);
      const name = isShared ? digest([address, time, metadata]) : randomName();
      const tag = digest(['network', networkOf(address)]).slice(0, TAG_CHARACTERS);
      names.set(req, PREFIX + tag + name.slice(0, NAME_CHARACTERS));
    },
    nameOf: (req) => names.get(req) ?? PREFIX + randomName(),
  };
}

/** What registered clients of one network have in common. */
export function networkTagOf(clientId: string): string {
  return clientId.slice(PREFIX.length, PREFIX.length + TAG_CHARACTERS);
}

function addressOf(req: RegistrationRequest): string {
  return req.ip ?? '';
}

/** What one owner has of addresses at least: /24 of IPv4, /48 of IPv6. */
function networkOf(address: string): string {
  const network = ipKeyGenerator(address, 48);
  return isIPv4(network) ? network.split('.').slice(0, 3).join('.') : network;
}

function randomName(): string {
  return randomBytes(24).toString('base64url');
}
