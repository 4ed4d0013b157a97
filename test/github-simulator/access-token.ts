import { createHash, timingSafeEqual } from 'node:crypto';
import type { Request, Router } from 'express';
import type { Clock } from '../../shared/clock.ts';
import { bodyParameters, queryOf, singleParameters } from './request.ts';
import type { AuthorizationCode, SimulatedApp, SimulatorState, TokenRecord } from './state.ts';
import { sendTokenAnswer, tokenError } from './token-answer.ts';
import type { TokenError } from './token-answer.ts';
import { ACCESS_TOKEN_SECONDS, findRefreshToken, issueToken, REFRESH_TOKEN_SECONDS } from './tokens.ts';

export interface AccessTokenDeps {
  readonly state: SimulatorState;
  readonly clock: Clock;
}

type Parameters = ReadonlyMap<string, string>;
type Outcome = TokenRecord | TokenError;

/** `POST /login/oauth/access_token`: code exchange and refresh. */
export function mountAccessToken(router: Router, deps: AccessTokenDeps): void {
  router.post('/login/oauth/access_token', (request, response) => {
    const parameters = readParameters(request);
    if (parameters === undefined) {
      response.status(400).type('text').send('Bad Request');
      return;
    }
    const app = deps.state.apps.get(parameters.get('client_id') ?? '');
    if (app === undefined) {
      response.status(404).json({ error: 'Not Found' });
      return;
    }
    const outcome = grantToken(deps, app, parameters);
    const answer = typeof outcome === 'string' ? tokenError(outcome) : tokenMembers(app, outcome);
    sendTokenAnswer(request, response, answer);
  });
}

/** Query and body together; undefined when a name is given twice or the body is neither form nor JSON. */
function readParameters(request: Request): Parameters | undefined {
  const body = bodyParameters(request);
  return body === undefined
    ? undefined
    : singleParameters(new URLSearchParams([...queryOf(request), ...body]));
}

function grantToken(deps: AccessTokenDeps, app: SimulatedApp, parameters: Parameters): Outcome {
  if (!equalSecrets(parameters.get('client_secret') ?? '', app.clientSecret)) {
    return 'incorrect_client_credentials';
  }
  const grantType = parameters.get('grant_type') ?? 'authorization_code';
  if (grantType === 'refresh_token') return refresh(deps, app, parameters.get('refresh_token') ?? '');
  if (grantType === 'urn:ietf:params:oauth:grant-type:device_code') return 'device_flow_disabled';
  return grantType === 'authorization_code' ? exchange(deps, app, parameters) : 'unsupported_grant_type';
}

function exchange({ state, clock }: AccessTokenDeps, app: SimulatedApp, parameters: Parameters): Outcome {
  const presented = parameters.get('code') ?? '';
  const code = state.codes.get(presented);
  if (code?.clientId !== app.clientId || clock.now() >= code.expiresAt) return 'bad_verification_code';
  // Single use, also when the rest of the request is wrong: a stolen code allows no guessing.
  state.codes.delete(presented);
  if (parameters.get('redirect_uri') !== code.redirectUri) return 'redirect_uri_mismatch';
  if (!verifiesChallenge(code, parameters.get('code_verifier'))) return 'bad_verification_code';
  if (state.users.get(code.userId)?.emailVerified !== true) return 'unverified_user_email';
  return issueToken(state, {
    app,
    userId: code.userId,
    scopes: code.scopes,
    expiring: app.expiringTokens || code.offline,
    now: clock.now(),
  });
}

// A verifier without a challenge is refused too: the first leg was tampered with (RFC 9700 §2.1.1).
function verifiesChallenge(code: AuthorizationCode, verifier: string | undefined): boolean {
  if (code.codeChallenge === undefined || verifier === undefined) {
    return code.codeChallenge === undefined && verifier === undefined;
  }
  return createHash('sha256').update(verifier).digest('base64url') === code.codeChallenge;
}

/** Both tokens of the pair die the moment the new pair exists; there is no grace. */
function refresh({ state, clock }: AccessTokenDeps, app: SimulatedApp, refreshToken: string): Outcome {
  const now = clock.now();
  const old = findRefreshToken(state, { refreshToken, clientId: app.clientId }, now);
  if (old === undefined) return 'bad_refresh_token';
  state.tokens.delete(old.accessToken);
  return issueToken(state, { app, userId: old.userId, scopes: old.scopes, expiring: true, now });
}

function tokenMembers(app: SimulatedApp, record: TokenRecord): Record<string, string | number> {
  const expiry =
    record.refresh === undefined
      ? {}
      : {
          expires_in: ACCESS_TOKEN_SECONDS,
          refresh_token: record.refresh.token,
          refresh_token_expires_in: REFRESH_TOKEN_SECONDS[app.kind],
        };
  return {
    access_token: record.accessToken,
    ...expiry,
    token_type: 'bearer',
    scope: record.scopes.join(','),
  };
}

function equalSecrets(left: string, right: string): boolean {
  const digest = (value: string): Buffer => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(left), digest(right));
}
