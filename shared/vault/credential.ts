import { z } from 'zod';
import type { RecordFamily } from '../store/index.ts';

/**
 * The part of an upstream credential that a worker reads. The access token is sealed under VAULT_KEYS with a
 * key derived from the handle, which only a caller's JWT carries: a worker reaches only users who call it.
 */
export const credentialFamily: RecordFamily<Credential> = {
  schema: 1,
  shape: z.strictObject({
    sub: z.string(),
    app: z.string(),
    scopes: z.array(z.string()),
    version: z.int(),
    state: z.enum(['live', 'quarantined']),
    accessToken: z.string(),
    accessTokenExpiresAt: z.int().nullable(),
    holders: z.record(z.string(), z.int()),
  }),
};

export interface Credential {
  readonly sub: string;
  /** The GitHub app's client id. */
  readonly app: string;
  /** Granted by GitHub, normalised. */
  readonly scopes: readonly string[];
  /** Rises with every token; a JWT names the version at issue and a lower stored one is refused. */
  readonly version: number;
  readonly state: 'live' | 'quarantined';
  /** Sealed. */
  readonly accessToken: string;
  /** Milliseconds since the epoch; null when GitHub set no expiry. */
  readonly accessTokenExpiresAt: number | null;
  /** Grant id → when that grant stops holding the credential (ms). */
  readonly holders: Readonly<Record<string, number>>;
}

/** The part only gateways read. The refresh token is sealed under GATEWAY_KEYS. */
export const credentialUpstreamFamily: RecordFamily<CredentialUpstream> = {
  schema: 1,
  readsUndatedMac: true,
  shape: z.strictObject({ refreshToken: z.string() }),
};

export interface CredentialUpstream {
  readonly refreshToken: string;
}

/** Points from (account, app, scope set) to the sealed handle; verified against the credential on every use. */
export const credentialIndexFamily: RecordFamily<{ readonly handle: string }> = {
  schema: 1,
  readsUndatedMac: true,
  shape: z.strictObject({ handle: z.string() }),
};

/** Holders that still count at `now`. */
export function liveHolders(holders: Credential['holders'], now: number): Record<string, number> {
  return Object.fromEntries(Object.entries(holders).filter(([, until]) => until > now));
}

/** What GitHub issued. Times in milliseconds since the epoch. */
export interface UpstreamToken {
  readonly accessToken: string;
  readonly accessTokenExpiresAt: number | null;
  readonly refreshToken: string | null;
  readonly refreshTokenExpiresAt: number | null;
}

export interface CredentialHold {
  readonly grantId: string;
  /** When the grant stops holding the credential unless extended (ms). */
  readonly until: number;
}

/** The credential with one hold added or extended; holds that ran out are dropped. */
export function withHold(credential: Credential, hold: CredentialHold, now: number): Credential {
  return { ...credential, holders: { ...liveHolders(credential.holders, now), [hold.grantId]: hold.until } };
}

/** A credential lives as long as its last holder; with none it is due for collection at once. */
export function lastHold(credential: Credential): number {
  return Math.max(0, ...Object.values(credential.holders));
}
