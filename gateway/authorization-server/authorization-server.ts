import type { ClientOptions, ClientRegister } from '../clients/index.ts';
import type { RequestHandler, Router } from 'express';
import type { AccessTokenClaims, FindVerificationKey } from '../../shared/access-token/index.ts';
import type { Platform } from '../../shared/platform/index.ts';
import { faultLog } from '../../shared/platform/index.ts';
import type { Resource } from '../../shared/resources.ts';
import type { RevocationFeed, RevocationPublisher } from '../../shared/revocation/index.ts';
import { createRefreshTokens } from '../grants/index.ts';
import type { Everybody } from '../standing/index.ts';
import type { AccountPagesOf } from './login/sign-in.ts';
import { createSignIn } from './login/sign-in.ts';
import { mountProvider } from './oidc-provider/mount.ts';
import type { SigningKeys } from './signing-keys/signing-keys.ts';
import { loadSigningKeys } from './signing-keys/signing-keys.ts';
import type { ScopePolicy } from './token/scopes.ts';
import type { TokenLifetimes } from './token/tokens.ts';
import { createTokens } from './token/tokens.ts';

export interface AuthorizationServerOptions {
  readonly publicUrl: string;
  readonly resources: readonly [Resource, ...Resource[]];
  readonly scopes: ScopePolicy;
  /** Whether pages of every origin may read the metadata. */
  readonly metadataCors: boolean;
  readonly clients: ClientOptions;
  readonly tokens: TokenLifetimes;
  readonly signingKeyMaxAgeMs: number;
  /** Whom people ask for help; shown on pages that report a fault. */
  readonly supportContact: string | undefined;
}

/** What the authorization server stands on. */
export interface AuthorizationServerRooms {
  readonly everybody: Everybody;
  /** Where ended grants are told, and what ended is heard of. */
  readonly revocations: Pick<RevocationPublisher, 'publish'> & Pick<RevocationFeed, 'onRevoked'>;
  /** Asked before anything of a request is looked at. */
  readonly addressLimits: RequestHandler;
  readonly register: ClientRegister;
  /** The account page, which signs people in the way logins do. */
  readonly accountPagesOf: AccountPagesOf;
}

export interface AuthorizationServer {
  /** Everything but the last resort: metadata, endpoints, login pages. */
  readonly routes: Router;
  /** oidc-provider itself; answers whatever reaches it, so it is mounted last. */
  readonly provider: RequestHandler;
  readonly findVerificationKey: FindVerificationKey;
  /** Told of every access token that is used: what it came with was received. */
  readonly noteUse: (claims: AccessTokenClaims) => void;
  readonly signingKeys: SigningKeys;
  /** Lets go of the credentials of sign-ins that nobody finished. */
  readonly sweepSignIns: () => Promise<void>;
}

/**
 * The authorization server role (RFC 6749 §1.1), assembled from the ground up.
 * @throws what loading the signing keys throws: without them a gateway does not start.
 */
export async function createAuthorizationServer(
  platform: Platform,
  options: AuthorizationServerOptions,
  rooms: AuthorizationServerRooms,
): Promise<AuthorizationServer> {
  const { publicUrl, scopes, supportContact } = options;
  const { everybody, register, revocations } = rooms;
  const refreshTokens = createRefreshTokens(platform.gatewayRing);
  const signingKeys = await openSigningKeys(platform, options, revocations);
  const tokens = createTokens(
    platform,
    { publicUrl, offeredScopes: scopes.allowed, lifetimes: options.tokens },
    { signingKeys, everybody, refreshTokens, revocations, register },
  );
  const signIn = createSignIn(
    platform,
    { scopes, grantTtlMs: options.tokens.grantMs, publicUrl, supportContact },
    { everybody, clients: register.clients, accountPagesOf: rooms.accountPagesOf },
  );
  const mounted = mountProvider(platform, options, {
    register,
    tokens,
    signIn,
    signingKeys,
    everybody,
    refreshTokens,
    addressLimits: rooms.addressLimits,
  });
  return {
    routes: mounted.routes,
    provider: mounted.handler,
    findVerificationKey: signingKeys.findVerificationKey,
    noteUse: tokens.receipts.noteUse,
    signingKeys,
    sweepSignIns: signIn.sweep,
  };
}

/** Keys that are read anew at once when another gateway ended one in an emergency. */
async function openSigningKeys(
  { store, gatewayRing, clock, logger }: Platform,
  { signingKeyMaxAgeMs: maxAgeMs }: AuthorizationServerOptions,
  revocations: AuthorizationServerRooms['revocations'],
): Promise<SigningKeys> {
  const signingKeys = await loadSigningKeys({ store, gatewayRing, clock, revocations, maxAgeMs });
  const tell = faultLog(logger, 'signing keys that another gateway changed could not be read yet');
  revocations.onRevoked((kinds) => {
    if (kinds.has('signing-key')) void signingKeys.reload().catch(tell);
  });
  return signingKeys;
}
