import type { Clock } from '../../shared/clock.ts';
import type {
  Change,
  CredentialIdentity,
  Key,
  Records,
  Store,
  TypedRecord,
} from '../../shared/store/index.ts';
import { createRecords, keys } from '../../shared/store/index.ts';
import type {
  Credential,
  CredentialHold,
  CredentialUpstream,
  KeyRing,
  UpstreamToken,
} from '../../shared/vault/index.ts';
import {
  accessTokenContext,
  credentialFamily,
  credentialUpstreamFamily,
  lastHold,
  recordMacKeys,
  seal,
  unseal,
  UnsealError,
  withHold,
} from '../../shared/vault/index.ts';
import type { RetirementEntry, Retirements } from './retirements.ts';
import { retryUntilDefined } from './retry.ts';

export interface TokenDeps {
  readonly store: Store;
  readonly gatewayRing: KeyRing;
  readonly vaultRing: KeyRing;
  readonly githubHost: string;
  readonly clock: Clock;
  readonly retirements: Pick<Retirements, 'add'>;
  /** How long a call may still use a token that was replaced or let go (ms). */
  readonly graceMs: number;
}

/** The tokens inside credentials: sealed on the way in, opened on the way out. */
export function createCredentialTokens(deps: TokenDeps) {
  const { store, gatewayRing, githubHost } = deps;
  const credentials = createRecords(store, credentialFamily);
  const upstream = createRecords(store, credentialUpstreamFamily, recordMacKeys(gatewayRing));
  const records = { credentials, upstream };
  return {
    replace: async (issued: IssuedToken): Promise<void> => {
      await retryUntilDefined(async () => await replaceToken(deps, records, issued));
    },
    readRefreshToken: async (handle: string) => {
      const upstreamKey = keys.credentialUpstream(githubHost, handle);
      const stored = await upstream.read(upstreamKey);
      const found = await credentials.read(keys.credential(githubHost, handle));
      if (stored === undefined || found === undefined) return undefined;
      const context = refreshTokenContext(upstreamKey, handle, found.data.sub);
      return {
        refreshToken: unseal(gatewayRing, context, stored.data.refreshToken),
        version: found.data.version,
      };
    },
    renew: async (handle: string, token: UpstreamToken, fromVersion: number): Promise<boolean> =>
      await retryUntilDefined(async () => {
        const found = await credentials.read(keys.credential(githubHost, handle));
        if (found?.data.version !== fromVersion) {
          await retireUnkept(deps, { found, handle, token });
          return false;
        }
        return await writeToken(deps, records, { found, handle, token, next: found.data });
      }),
  };
}

interface IssuedToken {
  readonly of: CredentialIdentity;
  readonly handle: string;
  readonly token: UpstreamToken;
  readonly hold: CredentialHold;
}

/** Writes a token of a new sign-in over whatever is there; undefined when another writer was faster. */
async function replaceToken(
  deps: TokenDeps,
  records: TokenRecords,
  { of, handle, token, hold }: IssuedToken,
): Promise<true | undefined> {
  const found = await records.credentials.read(keys.credential(deps.githubHost, handle));
  const { sub, app, scopes } = of;
  const holders = found?.data.holders ?? {};
  const next = withHold({ ...EMPTY, sub, app, scopes, holders }, hold, deps.clock.now());
  const isWritten = await writeToken(deps, records, { found, handle, token, next });
  // GitHub keeps ten live tokens of one person, app and scope set: the superseded one must not fill them up.
  if (isWritten && found !== undefined) {
    const { accessToken: except } = token;
    await retireToken(deps, { handle, credential: found.data, except, afterMs: deps.graceMs });
  }
  return isWritten;
}

/**
 * Has the access token of a credential deleted at GitHub once no call can be using it. One whose key left the ring
 * cannot be named to GitHub and stays there: the sign-in that replaces it must not fail over it.
 */
export async function retireToken(
  { githubHost, vaultRing, clock, retirements }: TokenDeps,
  of: {
    readonly handle: string;
    readonly credential: Credential;
    readonly afterMs: number;
    /** The token that took its place may be the same one. */
    readonly except?: string;
  },
): Promise<RetirementEntry | undefined> {
  const { handle, credential } = of;
  const { sub, version } = credential;
  const context = accessTokenContext({ githubHost, handle, sub, version });
  const accessToken = openIfPossible(vaultRing, context, credential.accessToken);
  if (accessToken === undefined || accessToken === of.except) return undefined;
  return await retirements.add(accessToken, clock.now() + of.afterMs);
}

/**
 * A refresh that came too late: a sign-in replaced the token meanwhile, or the last grant let go. What GitHub issued is
 * written nowhere else, and would live on with its refresh token for months. An earlier attempt may have written it.
 */
async function retireUnkept(
  { githubHost, vaultRing, clock, retirements }: TokenDeps,
  of: { found: TypedRecord<Credential> | undefined; handle: string; token: UpstreamToken },
): Promise<void> {
  const { found, handle, token } = of;
  if (found !== undefined) {
    const { sub, version, accessToken } = found.data;
    const kept = openIfPossible(
      vaultRing,
      accessTokenContext({ githubHost, handle, sub, version }),
      accessToken,
    );
    if (kept === undefined || kept === token.accessToken) return;
  }
  await retirements.add(token.accessToken, clock.now());
}

function openIfPossible(...sealed: Parameters<typeof unseal>): string | undefined {
  try {
    return unseal(...sealed);
  } catch (error) {
    if (error instanceof UnsealError) return undefined;
    throw error;
  }
}

const EMPTY = { version: 0, state: 'live', accessToken: '', accessTokenExpiresAt: null } as const;

interface TokenRecords {
  readonly credentials: Records<Credential>;
  readonly upstream: Records<CredentialUpstream>;
}

/** Seals a token into `next`, raises the version and writes both parts; undefined when another writer was faster. */
async function writeToken(
  { store, gatewayRing, vaultRing, githubHost, clock }: TokenDeps,
  { credentials, upstream }: TokenRecords,
  of: { found: TypedRecord<Credential> | undefined; handle: string; token: UpstreamToken; next: Credential },
): Promise<true | undefined> {
  const { found, handle, token, next } = of;
  const key = keys.credential(githubHost, handle);
  // Seconds as the floor: a credential that was collected and made again must not fall behind a JWT's `cv`.
  const version = Math.max((found?.data.version ?? 0) + 1, Math.floor(clock.now() / 1000));
  const context = accessTokenContext({ githubHost, handle, sub: next.sub, version });
  const data: Credential = {
    ...next,
    version,
    state: 'live',
    accessToken: seal(vaultRing, context, token.accessToken),
    accessTokenExpiresAt: token.accessTokenExpiresAt,
  };
  const expect = found === undefined ? 'absent' : { version: found.version };
  const isWritten = await store.commit([
    upstreamChange({ gatewayRing, upstream }, keys.credentialUpstream(githubHost, handle), {
      handle,
      sub: next.sub,
      token,
    }),
    credentials.put(key, data, { expiresAt: lastHold(data), expect }),
  ]);
  return isWritten ? true : undefined;
}

function refreshTokenContext(key: Key, handle: string, sub: string) {
  return { purpose: 'github-refresh-token', salt: handle, bind: [key.text, sub] };
}

/** A GitHub that issues no refresh token leaves none behind from an earlier sign-in. */
function upstreamChange(
  { gatewayRing, upstream }: { gatewayRing: KeyRing; upstream: Records<CredentialUpstream> },
  key: Key,
  { handle, sub, token }: { handle: string; sub: string; token: UpstreamToken },
): Change {
  if (token.refreshToken === null) return { op: 'delete', key };
  const context = refreshTokenContext(key, handle, sub);
  const data = { refreshToken: seal(gatewayRing, context, token.refreshToken) };
  return upstream.put(key, data, { expiresAt: token.refreshTokenExpiresAt });
}
