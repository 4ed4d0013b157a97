import type { Platform } from '../../../shared/platform/index.ts';
import { faultLog } from '../../../shared/platform/index.ts';
import type { RevocationPublisher } from '../../../shared/revocation/index.ts';
import type { Accounts, Grants, RefreshTokens } from '../../grants/index.ts';
import type { Standing } from '../../standing/index.ts';
import type { IsAllowedClient } from '../clients/allowed-clients.ts';
import type { SigningKeys } from '../signing-keys/signing-keys.ts';
import { createAccessTokenIssuer } from './access-token.ts';
import { createAuthorizationCodeGrant } from './authorization-code-grant.ts';
import type { Codes } from './codes.ts';
import { createCodes } from './codes.ts';
import { createDeviceCodeGrant } from './device-code-grant.ts';
import type { DeviceCodes } from './device-codes.ts';
import { createDeviceCodes } from './device-codes.ts';
import { endDisallowed } from './end-disallowed.ts';
import type { TokenResponse } from './issue-tokens.ts';
import { createTokenIssue } from './issue-tokens.ts';
import type { RefreshReceipts } from './refresh-receipts.ts';
import { createRefreshReceipts } from './refresh-receipts.ts';
import type { RefreshTokenGrant } from './refresh-token-grant.ts';
import { createRefreshTokenGrant } from './refresh-token-grant.ts';
import type { TokenRequest } from './token-request.ts';

export interface TokenLifetimes {
  readonly accessTokenSeconds: number;
  /** Absolute age of a grant. */
  readonly grantMs: number;
  /** For how long a superseded refresh token is answered with its own successor. */
  readonly refreshWindowMs: number;
}

type GrantHandler = (request: TokenRequest) => Promise<TokenResponse>;

/** What the token endpoint answers with. */
export interface Tokens {
  readonly codes: Codes;
  readonly deviceCodes: DeviceCodes;
  readonly receipts: RefreshReceipts;
  readonly authorizationCodeGrant: GrantHandler;
  readonly deviceCodeGrant: GrantHandler;
  readonly refreshTokenGrant: RefreshTokenGrant;
  /** Ends the grant of a client that is no longer allowed. */
  readonly refuseDisallowed: (request: { clientId: string; refreshToken: string }) => Promise<void>;
}

interface Rooms {
  readonly signingKeys: SigningKeys;
  readonly accounts: Accounts;
  readonly grants: Grants;
  readonly refreshTokens: RefreshTokens;
  readonly standing: Pick<Standing, 'freshen' | 'membership'>;
  readonly revocations: Pick<RevocationPublisher, 'publish'>;
  readonly isAllowedClient: IsAllowedClient;
}

export function createTokens(
  { store, gatewayRing, clock, events, logger }: Platform,
  {
    publicUrl,
    offeredScopes,
    lifetimes,
  }: {
    readonly publicUrl: string;
    readonly offeredScopes: readonly string[];
    readonly lifetimes: TokenLifetimes;
  },
  { signingKeys, grants, refreshTokens, standing, revocations, isAllowedClient }: Rooms,
): Tokens {
  const now = () => clock.now();
  const codes = createCodes({ store, gatewayRing, now });
  const deviceCodes = createDeviceCodes({ store, gatewayRing, now });
  const receipts = createRefreshReceipts({
    store,
    gatewayRing,
    clock,
    onFault: faultLog(logger, 'that a refresh answer was received could not be noted'),
  });
  const { accessTokenSeconds: ttlSeconds, refreshWindowMs: windowMs } = lifetimes;
  const issueAccessToken = createAccessTokenIssuer({ issuer: publicUrl, signingKeys, ttlSeconds, clock });
  const { freshen, membership } = standing;
  const issue = createTokenIssue({
    grants,
    freshen,
    membership,
    refreshTokens,
    issueAccessToken,
    events,
    now,
  });
  return {
    codes,
    deviceCodes,
    receipts,
    authorizationCodeGrant: createAuthorizationCodeGrant({ codes, grants, issue, now }),
    deviceCodeGrant: createDeviceCodeGrant({ deviceCodes, grants, issue, now }),
    refreshTokenGrant: createRefreshTokenGrant({
      grants,
      issue,
      refreshTokens,
      receipts,
      revocations,
      events,
      offeredScopes,
      windowMs,
      now,
    }),
    refuseDisallowed: endDisallowed({ grants, refreshTokens, isAllowedClient }),
  };
}
