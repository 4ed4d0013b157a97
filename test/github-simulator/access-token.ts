import { createHash, timingSafeEqual } from 'node:crypto';
import type { Response, Router } from 'express';
import type { Clock } from '../../shared/clock.ts';
import { HOUR_MS, secondsUntilRoom, spend } from './caps.ts';
import { pollDeviceCode } from './device-code.ts';
import { page } from './html.ts';
import { countNewToken } from './new-token-cap.ts';
import { allParameters } from './request.ts';
import type { AuthorizationCode, SimulatedApp, SimulatorState, TokenRecord } from './state.ts';
import { sendTokenAnswer, tokenError } from './token-answer.ts';
import type { TokenRefusal } from './token-answer.ts';
import {
  ACCESS_TOKEN_SECONDS,
  endToken,
  findRefreshToken,
  isExpiring,
  issueToken,
  REFRESH_TOKEN_SECONDS,
} from './tokens.ts';

export interface AccessTokenDeps {
  readonly state: SimulatorState;
  readonly clock: Clock;
  /** Of one app, whatever they ask. */
  readonly requestsPerHour: number;
}

type Parameters = ReadonlyMap<string, string>;
type Outcome = TokenRecord | TokenRefusal;

/** `POST /login/oauth/access_token`: code exchange, device code and refresh. */
export function mountAccessToken(router: Router, deps: AccessTokenDeps): void {
  router.post('/login/oauth/access_token', (request, response) => {
    const parameters = allParameters(request);
    if (parameters === undefined) {
      response.status(400).type('text').send('Bad Request');
      return;
    }
    const app = deps.state.apps.get(parameters.get('client_id') ?? '');
    if (app === undefined) {
      response.status(404).json({ error: 'Not Found' });
      return;
    }
    const key = `token-request ${app.clientId}`;
    const cap = { key, limit: deps.requestsPerHour, windowMs: HOUR_MS };
    if (deps.state.profile.limits && !spend(deps.state, cap, deps.clock.now())) {
      refuseForNow(response, secondsUntilRoom(deps.state, cap, deps.clock.now()));
      return;
    }
    const outcome = grantToken(deps, app, parameters);
    const answer = isRefusal(outcome) ? tokenError(outcome) : tokenMembers(app, outcome);
    sendTokenAnswer(request, response, answer);
  });
}

/** A page for people, whatever the caller accepts, as from GitHub's front end. */
function refuseForNow(response: Response, retryAfterSeconds: number): void {
  const text = '<p>This app sent too many requests for tokens. Wait before the next one.</p>';
  response.status(429).set('retry-after', String(retryAfterSeconds)).send(page('Too many requests', text));
}

function isRefusal(outcome: Outcome): outcome is TokenRefusal {
  return typeof outcome === 'string' || 'error' in outcome;
}

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';

function grantToken(deps: AccessTokenDeps, app: SimulatedApp, parameters: Parameters): Outcome {
  const grantType = parameters.get('grant_type') ?? 'authorization_code';
  const secret = parameters.get('client_secret');
  const isPublic = secret === undefined && mayOmitSecret(deps.state, grantType, parameters);
  if (!isPublic && !equalSecrets(secret ?? '', app.clientSecret)) return 'incorrect_client_credentials';
  if (grantType === 'refresh_token') return refresh(deps, app, parameters.get('refresh_token') ?? '');
  if (grantType === 'authorization_code') return exchange(deps, app, parameters);
  if (grantType !== DEVICE_GRANT) return 'unsupported_grant_type';
  if (app.deviceFlow !== true) return 'device_flow_disabled';
  const deviceCode = parameters.get('device_code') ?? '';
  return pollDeviceCode(deps.state, app, { deviceCode, now: deps.clock.now() });
}

/** The device flow knows no secret, nor does the refreshing of its tokens; an ended one is still known as such. */
function mayOmitSecret(state: SimulatorState, grantType: string, parameters: Parameters): boolean {
  if (grantType !== 'refresh_token') return grantType === DEVICE_GRANT;
  const known = [...state.tokens.values(), ...state.endedTokens.values()];
  const presented = parameters.get('refresh_token');
  return known.some(({ refresh: held, viaDevice }) => viaDevice && held?.token === presented);
}

function exchange({ state, clock }: AccessTokenDeps, app: SimulatedApp, parameters: Parameters): Outcome {
  const presented = parameters.get('code') ?? '';
  const code = state.codes.get(presented);
  if (code?.clientId !== app.clientId || clock.now() >= code.expiresAt) return 'bad_verification_code';
  // Single use, also when the rest of the request is wrong: a stolen code allows no guessing.
  state.codes.delete(presented);
  if (parameters.get('redirect_uri') !== code.redirectUri) return 'redirect_uri_mismatch';
  if (state.profile.pkce && !verifiesChallenge(code, parameters.get('code_verifier')))
    return 'bad_verification_code';
  if (state.users.get(code.userId)?.emailVerified !== true) return 'unverified_user_email';
  const record = issueToken(state, {
    app,
    userId: code.userId,
    scopes: code.scopes,
    expiring: isExpiring(state, app, code.offline),
    now: clock.now(),
  });
  countNewToken(state, record);
  return record;
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
  endToken(state, old);
  const { userId, scopes, viaDevice } = old;
  return issueToken(state, { app, userId, scopes, expiring: true, viaDevice, now });
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
