import type { Request, Response, Router } from 'express';
import type { Clock } from '../../shared/clock.ts';
import { readScopes } from './authorize-request.ts';
import { HOUR_MS, spend } from './caps.ts';
import {
  approveDeviceCode,
  denyDeviceCode,
  DEVICE_CODE_SECONDS,
  findByUserCode,
  issueDeviceCode,
} from './device-code.ts';
import { deviceConsentPage, deviceEntryPage } from './device-page.ts';
import { escapeHtml, page } from './html.ts';
import { allParameters, rawBody } from './request.ts';
import { findUser } from './state.ts';
import type { DeviceCode, SimulatorState } from './state.ts';
import { sendTokenAnswer, tokenError } from './token-answer.ts';

/** Codes typed at the page, by app and hour. */
const ENTRIES_PER_HOUR = 50;

export interface DeviceDeps {
  readonly state: SimulatorState;
  readonly clock: Clock;
  readonly webBase: () => string;
}

/** `POST /login/device/code` and the page at `/login/device`. */
export function mountDevice(router: Router, deps: DeviceDeps): void {
  router.post('/login/device/code', (request, response) => {
    startDeviceFlow(deps, request, response);
  });
  router.use('/login/device', (_request, response, next) => {
    response.set({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' });
    next();
  });
  router.get('/login/device', (_request, response) => {
    response.send(deviceEntryPage());
  });
  router.post('/login/device', (request, response) => {
    const form = new URLSearchParams(rawBody(request));
    if (form.has('user_login') || form.has('decision')) decide(deps, form, response);
    else enter(deps, form, response);
  });
}

function startDeviceFlow({ state, clock, webBase }: DeviceDeps, request: Request, response: Response): void {
  const parameters = allParameters(request);
  if (parameters === undefined) {
    response.status(400).type('text').send('Bad Request');
    return;
  }
  const app = state.apps.get(parameters.get('client_id') ?? '');
  if (app === undefined) {
    response.status(404).json({ error: 'Not Found' });
    return;
  }
  if (app.deviceFlow !== true) {
    sendTokenAnswer(request, response, tokenError('device_flow_disabled'));
    return;
  }
  const asked = readScopes(state, app, parameters.get('scope'));
  const code = issueDeviceCode(state, { app, ...asked, now: clock.now() });
  sendTokenAnswer(request, response, {
    device_code: code.deviceCode,
    user_code: code.userCode,
    verification_uri: `${webBase()}/login/device`,
    expires_in: DEVICE_CODE_SECONDS,
    interval: code.intervalSeconds,
  });
}

const WRONG_CODE = 'This code is not known, or no longer valid.';

function enter({ state, clock }: DeviceDeps, form: URLSearchParams, response: Response): void {
  const now = clock.now();
  const code = findByUserCode(state, form.get('user_code') ?? '', now);
  const app = code === undefined ? undefined : state.apps.get(code.clientId);
  // A code of no app counts too, together with its like: else the page would allow endless guessing.
  const key = `device-entry ${code?.clientId ?? ''}`;
  if (!spend(state, { key, limit: ENTRIES_PER_HOUR, windowMs: HOUR_MS }, now)) {
    response.status(429).send(deviceEntryPage('Too many codes were entered. Try again in an hour.'));
  } else if (code === undefined || app === undefined) {
    response.status(404).send(deviceEntryPage(WRONG_CODE));
  } else {
    state.deviceCodes.set(code.deviceCode, { ...code, entered: true });
    response.send(deviceConsentPage(code, app, [...state.users.values()]));
  }
}

function decide(deps: DeviceDeps, form: URLSearchParams, response: Response): void {
  const { state, clock } = deps;
  const code = findByUserCode(state, form.get('user_code') ?? '', clock.now());
  // Only after the code was entered, so that no form goes past the count of entries.
  if (code?.entered !== true) {
    response.status(404).send(deviceEntryPage(WRONG_CODE));
    return;
  }
  if (form.get('decision') === 'deny') {
    denyDeviceCode(state, code);
    sendPage(response, 200, 'The device was denied access.');
  } else approve(deps, { code, form }, response);
}

function approve(
  { state }: DeviceDeps,
  { code, form }: { readonly code: DeviceCode; readonly form: URLSearchParams },
  response: Response,
): void {
  const user = findUser(state, form.get('user_login') ?? '');
  if (user === undefined) sendPage(response, 400, 'No account has this login.');
  else if (user.suspended) sendPage(response, 403, 'This account is suspended.');
  else {
    approveDeviceCode(state, code, { user, granted: form.getAll('granted_scope') });
    sendPage(response, 200, 'The device is connected. You can close this page.');
  }
}

function sendPage(response: Response, status: number, text: string): void {
  const title = status === 200 ? 'Device activation' : `Error ${String(status)}`;
  response.status(status).send(page(title, `<p>${escapeHtml(text)}</p>`));
}
