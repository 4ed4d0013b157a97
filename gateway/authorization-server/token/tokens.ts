import type { RequestHandler } from 'express';
import type { Platform } from '../../../shared/platform/index.ts';
import { faultLog } from '../../../shared/platform/index.ts';
import type { RevocationPublisher } from '../../../shared/revocation/index.ts';
import type { RefreshTokens } from '../../grants/index.ts';
import type { Everybody } from '../../standing/index.ts';
import { ROUTES } from '../../http/index.ts';
import type { ClientRegister } from '../../clients/index.ts';
import type { SigningKeys } from '../signing-keys/signing-keys.ts';
import { createAccessTokenIssuer } from './access-token.ts';
import { createAuthorizationCodeGrant } from './authorization-code-grant.ts';
import type { Codes } from './codes.ts';
import { createCodes } from './codes.ts';
import { createDeviceCodeGrant } from './device-code-grant.ts';
import type { DeviceCodes } from './device-codes.ts';
import { createDeviceCodes } from './device-codes.ts';
import { endDisallowed } from './end-disallowed.ts';
import { createTokenIssue } from './issue-tokens.ts';
import type { RefreshReceipts } from './refresh-receipts.ts';
import { createRefreshReceipts } from './refresh-receipts.ts';
import { createRefreshTokenGrant } from './refresh-token-grant.ts';
import { createTokenEndpoint } from './token-endpoint.ts';

export interface TokenLifetimes {
  readonly accessTokenSeconds: number;
  /** Absolute age of a grant. */
  readonly grantMs: number;
  /** For how long a superseded refresh token is answered with its own successor. */
  readonly refreshWindowMs: number;
}

/** What the token endpoint answers with. */
export interface Tokens {
  readonly codes: Codes;
  readonly deviceCodes: DeviceCodes;
  readonly receipts: RefreshReceipts;
  readonly endpoint: RequestHandler;
}

interface Rooms {
  readonly signingKeys: SigningKeys;
  readonly everybody: Everybody;
  readonly refreshTokens: RefreshTokens;
  readonly revocations: Pick<RevocationPublisher, 'publish'>;
  readonly register: Pick<ClientRegister, 'find' | 'isAllowed' | 'usedAssertions'>;
}

export function createTokens(
  platform: Platform,
  {
    publicUrl,
    offeredScopes,
    lifetimes,
  }: {
    readonly publicUrl: string;
    readonly offeredScopes: readonly string[];
    readonly lifetimes: TokenLifetimes;
  },
  { signingKeys, everybody, refreshTokens, revocations, register }: Rooms,
): Tokens {
  const { store, gatewayRing, clock, events, logger } = platform;
  const { grants } = everybody;
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
  const issue = createTokenIssue({ everybody, refreshTokens, issueAccessToken, events });
  const endpoint = createTokenEndpoint(platform, {
    publicUrl,
    findClient: register.find,
    usedAssertions: register.usedAssertions,
    audience: [publicUrl, publicUrl + ROUTES.token],
    clock,
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
    refuseDisallowed: endDisallowed({ grants, refreshTokens, isAllowedClient: register.isAllowed }),
  });
  return { codes, deviceCodes, receipts, endpoint };
}
