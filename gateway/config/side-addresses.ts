import type { ConfigOf } from '../../shared/config/index.ts';
import type { adminFields, sideListenerFields } from './listener-fields.ts';

type Values = ConfigOf<typeof adminFields & typeof sideListenerFields>;

/** Where a listener beside the public one opens, and which setting says so. */
export interface SideAddress {
  readonly name: 'admin' | 'metadata' | 'callback';
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly field: 'adminPort' | 'metadataPort' | 'callbackPort';
  readonly variable: string;
}

/** The side listeners that the configuration asks for. */
export function sideAddresses(values: Values): readonly SideAddress[] {
  const { adminHost, adminPort, metadataHost, metadataPort, callbackHost, callbackPort } = values;
  const addresses: SideAddress[] = [];
  if (values.adminToken !== undefined) {
    const at = { host: adminHost, port: adminPort } as const;
    addresses.push({ name: 'admin', ...at, field: 'adminPort', variable: 'ADMIN_PORT' });
  }
  if (metadataPort !== undefined) {
    const at = { host: metadataHost, port: metadataPort } as const;
    addresses.push({ name: 'metadata', ...at, field: 'metadataPort', variable: 'OAUTH_METADATA_PORT' });
  }
  if (values.callbackServer) {
    const at = { host: callbackHost, port: callbackPort } as const;
    addresses.push({ name: 'callback', ...at, field: 'callbackPort', variable: 'OAUTH_CALLBACK_PORT' });
  }
  return addresses;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Whether two listeners cannot both be opened: one port, and an address that both would take. */
export function collide(one: Address, other: Address): boolean {
  if (one.port === 0 || one.port !== other.port) return false;
  const [left, right] = [boundAddresses(one.host), boundAddresses(other.host)];
  return left.some((each) => isEveryAddress(each) || right.some((at) => isEveryAddress(at) || at === each));
}

function boundAddresses(host: string): readonly string[] {
  return host === 'localhost' ? ['127.0.0.1', '::1'] : [host];
}

/** A listener on every address takes the port from all others. */
function isEveryAddress(host: string): boolean {
  return host === '0.0.0.0' || host === '::';
}
