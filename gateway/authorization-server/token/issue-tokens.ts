import type { EventBus } from '../../../shared/ops/index.ts';
import type { CredentialStanding } from '../../credentials/index.ts';
import type { GrantEnd, RefreshTokens, StoredGrant } from '../../grants/index.ts';
import { Refused } from '../../grants/index.ts';
import type { Everybody } from '../../standing/index.ts';
import type { TokenRequest, TokenResponse } from './token-request.ts';
import type { AccessTokenIssuer, RefreshAnswer } from './access-token.ts';

/** A grant that may be issued for, with the credential it stands on. */
export interface GrantStanding {
  readonly grantId: string;
  readonly found: StoredGrant;
  readonly handle: string;
  readonly credential: CredentialStanding;
}

export interface TokenIssue {
  /**
   * Checks the account, its membership, and that the upstream credential lives long enough; consumes nothing.
   * @throws Refused when one of them is gone, `temporarily_unavailable` when GitHub is away and the
   * credential has run out or the last answer about the person is too old.
   */
  prepare(grantId: string, found: StoredGrant): Promise<GrantStanding>;
  /** Answers a redeemed code, opening the refresh family when the client takes refresh tokens. */
  afterCode(
    grantType: string,
    request: Pick<TokenRequest, 'takesRefreshTokens'>,
    standing: GrantStanding,
  ): Promise<TokenResponse>;
  afterRefresh(standing: GrantStanding, refreshToken: string, answer: RefreshAnswer): Promise<TokenResponse>;
  endGrant(grantId: string, reason: GrantEnd): Promise<void>;
}

export function createTokenIssue(deps: {
  everybody: Pick<Everybody, 'of' | 'grants'>;
  refreshTokens: RefreshTokens;
  issueAccessToken: AccessTokenIssuer;
  events: EventBus;
}): TokenIssue {
  const { everybody, refreshTokens, events } = deps;
  const { grants } = everybody;

  async function respond(
    grantType: string,
    standing: GrantStanding,
    { refreshToken, answer }: { refreshToken: string | undefined; answer: RefreshAnswer },
  ): Promise<TokenResponse> {
    const { grantId, found, handle, credential } = standing;
    const held = await grants.keepHold(grantId, found.data, credential.heldUntil);
    if (!held) throw new Refused('credential_gone', { grantId });
    const subject = { grantId, grant: found.data, handle, credentialVersion: credential.version, answer };
    const issued = await deps.issueAccessToken(subject, credential.accessTokenExpiresAt);
    const { clientId, sub: accountId } = found.data;
    events.emit({ type: 'token.issued', grantType, clientId, accountId, grantId });
    return {
      access_token: issued.jwt,
      token_type: 'Bearer',
      expires_in: issued.expiresInSeconds,
      scope: found.data.scope.join(' '),
      ...(refreshToken === undefined ? {} : { refresh_token: refreshToken }),
    };
  }

  return {
    endGrant: grants.end,
    prepare: async (grantId, found) => {
      const handle = grants.handleOf(grantId, found.data);
      const { sub, resource } = found.data;
      const { freshen, membership } = everybody.of(resource).standing;
      // Only looked at side by side: what asks GitHub needs the token that a refresh may just be replacing.
      const [credential, isKnown] = await Promise.all([freshen(handle, grantId), membership.isFresh(sub)]);
      if (!isKnown) await membership.require({ sub, grantId, handle });
      return { grantId, found, handle, credential };
    },
    afterCode: async (grantType, { takesRefreshTokens }, standing) => {
      const { grantId, found } = standing;
      const family = takesRefreshTokens ? refreshTokens.open() : null;
      const saved = await grants.saveRefresh(grantId, found, family);
      if (!saved) throw new Refused('grant_changed', { grantId });
      const refreshToken = family === null ? undefined : refreshTokens.format(family, grantId, 0);
      const answer = { generation: 0, attempt: 0 };
      return await respond(grantType, standing, { refreshToken, answer });
    },
    afterRefresh: async (standing, refreshToken, answer) =>
      await respond('refresh_token', standing, { refreshToken, answer }),
  };
}
