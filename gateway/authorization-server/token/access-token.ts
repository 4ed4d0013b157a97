import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import { ACCESS_TOKEN_TYPE, SIGNING_ALGORITHM } from '../../../shared/access-token/index.ts';
import type { Clock } from '../../../shared/clock.ts';
import { epochSeconds } from '../../../shared/clock.ts';
import type { Grant } from '../../grants/index.ts';
import type { SigningKeys } from '../signing-keys/signing-keys.ts';

/** Everything an access token says beside its times. */
export interface AccessTokenSubject {
  readonly grantId: string;
  readonly grant: Grant;
  readonly handle: string;
  readonly credentialVersion: number;
  /** Which refresh it comes with. */
  readonly answer: RefreshAnswer;
}

/** One answer of a refresh family: a generation, and how often it was answered anew because the answer was lost. */
export interface RefreshAnswer {
  readonly generation: number;
  readonly attempt: number;
}

export interface IssuedAccessToken {
  readonly jwt: string;
  readonly expiresInSeconds: number;
}

/**
 * Signs a JWT access token (RFC 9068) for a grant. Its life is the configured one, shortened to that of the
 * upstream credential: a token must not outlive what it stands for.
 */
export function createAccessTokenIssuer(deps: {
  issuer: string;
  signingKeys: Pick<SigningKeys, 'current'>;
  ttlSeconds: number;
  clock: Clock;
}) {
  return async (
    subject: AccessTokenSubject,
    credentialExpiresAt: number | null,
  ): Promise<IssuedAccessToken> => {
    const now = epochSeconds(deps.clock);
    const credentialLife =
      credentialExpiresAt === null ? Infinity : Math.floor(credentialExpiresAt / 1000) - now;
    const expiresInSeconds = Math.min(deps.ttlSeconds, credentialLife);
    const { grant, grantId } = subject;
    const { kid, privateKey } = deps.signingKeys.current();
    const jwt = await new SignJWT({
      client_id: grant.clientId,
      scope: grant.scope.join(' '),
      gid: grantId,
      cred: subject.handle,
      cv: subject.credentialVersion,
      gen: subject.answer.generation,
      ...(subject.answer.attempt === 0 ? {} : { late: subject.answer.attempt }),
    })
      .setProtectedHeader({ alg: SIGNING_ALGORITHM, typ: ACCESS_TOKEN_TYPE, kid })
      .setIssuer(deps.issuer)
      .setSubject(grant.sub)
      .setAudience(grant.resource)
      .setJti(randomUUID())
      .setIssuedAt(now)
      .setExpirationTime(now + expiresInSeconds)
      .sign(privateKey);
    return { jwt, expiresInSeconds };
  };
}

export type AccessTokenIssuer = ReturnType<typeof createAccessTokenIssuer>;
