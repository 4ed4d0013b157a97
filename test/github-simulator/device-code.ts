import { randomInt } from 'node:crypto';
import { grantScopes } from './grant-scopes.ts';
import { countNewToken } from './new-token-cap.ts';
import type { DeviceCode, SimulatedApp, SimulatedUser, SimulatorState, TokenRecord } from './state.ts';
import type { TokenRefusal } from './token-answer.ts';
import { isExpiring, issueToken, randomText } from './tokens.ts';

export const DEVICE_CODE_SECONDS = 900;
const FIRST_INTERVAL_SECONDS = 5;
const SLOW_DOWN_SECONDS = 5;
/** How long an expired device code is still told apart from an unknown one. */
const KEPT_AFTER_EXPIRY_MS = 86_400_000;

export interface DeviceCodeOrder {
  readonly app: SimulatedApp;
  readonly scopes: readonly string[] | undefined;
  readonly offline: boolean;
  readonly now: number;
}

export function issueDeviceCode(state: SimulatorState, order: DeviceCodeOrder): DeviceCode {
  for (const [key, { expiresAt }] of state.deviceCodes) {
    if (order.now >= expiresAt + KEPT_AFTER_EXPIRY_MS) state.deviceCodes.delete(key);
  }
  const code: DeviceCode = {
    deviceCode: randomText(40).toLowerCase(),
    userCode: randomUserCode(),
    clientId: order.app.clientId,
    scopes: order.scopes,
    offline: order.offline,
    expiresAt: order.now + DEVICE_CODE_SECONDS * 1000,
    entered: false,
    intervalSeconds: FIRST_INTERVAL_SECONDS,
    lastPollAt: undefined,
    decision: undefined,
  };
  state.deviceCodes.set(code.deviceCode, code);
  return code;
}

// Consonants only: no word comes out, and no character is taken for another.
const USER_CODE_ALPHABET = 'BCDFGHJKLMNPQRSTVWXZ';

function randomUserCode(): string {
  const four = (): string =>
    Array.from({ length: 4 }, () => USER_CODE_ALPHABET[randomInt(USER_CODE_ALPHABET.length)] ?? '').join('');
  return `${four()}-${four()}`;
}

/** The undecided request a user code stands for; case and the dash do not matter. */
export function findByUserCode(state: SimulatorState, typed: string, now: number): DeviceCode | undefined {
  const plain = (code: string): string => code.replaceAll(/[\s-]/g, '').toUpperCase();
  return [...state.deviceCodes.values()].find(
    (code) => plain(code.userCode) === plain(typed) && now < code.expiresAt && code.decision === undefined,
  );
}

/** Stores the user's answer; `granted` narrows the scopes, undefined grants all that were asked for. */
export function approveDeviceCode(
  state: SimulatorState,
  code: DeviceCode,
  { user, granted }: { readonly user: SimulatedUser; readonly granted: readonly string[] | undefined },
): void {
  const scopes = grantScopes(state, code, { userId: user.id, granted });
  const decision = { kind: 'approved', userId: user.id, scopes } as const;
  state.deviceCodes.set(code.deviceCode, { ...code, decision });
}

export function denyDeviceCode(state: SimulatorState, code: DeviceCode): void {
  state.deviceCodes.set(code.deviceCode, { ...code, decision: { kind: 'denied' } });
}

/**
 * One poll with a device code.
 *
 * A poll that comes too early is answered `slow_down` whatever the user decided, adds 5 seconds to the interval and
 * starts the wait again (RFC 8628 §3.5).
 */
export function pollDeviceCode(
  state: SimulatorState,
  app: SimulatedApp,
  { deviceCode, now }: { readonly deviceCode: string; readonly now: number },
): TokenRecord | TokenRefusal {
  const code = state.deviceCodes.get(deviceCode);
  if (code?.clientId !== app.clientId) return 'incorrect_device_code';
  if (now >= code.expiresAt) return 'expired_token';
  const isEarly = code.lastPollAt !== undefined && now < code.lastPollAt + code.intervalSeconds * 1000;
  const intervalSeconds = code.intervalSeconds + (isEarly ? SLOW_DOWN_SECONDS : 0);
  const polled = { ...code, intervalSeconds, lastPollAt: now };
  state.deviceCodes.set(deviceCode, polled);
  if (isEarly) return { error: 'slow_down', interval: intervalSeconds };
  return redeem(state, app, { code: polled, now });
}

function redeem(
  state: SimulatorState,
  app: SimulatedApp,
  { code, now }: { readonly code: DeviceCode; readonly now: number },
): TokenRecord | TokenRefusal {
  const { decision } = code;
  if (decision === undefined) return 'authorization_pending';
  if (decision.kind === 'denied') return 'access_denied';
  if (state.users.get(decision.userId)?.emailVerified !== true) return 'unverified_user_email';
  state.deviceCodes.delete(code.deviceCode);
  const { userId, scopes } = decision;
  const expiring = isExpiring(state, app, code.offline);
  const record = issueToken(state, { app, userId, scopes, expiring, viaDevice: true, now });
  countNewToken(state, record);
  return record;
}
