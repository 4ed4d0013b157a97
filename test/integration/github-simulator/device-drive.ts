import { DEMO_OAUTH_APP } from '../../github-simulator/index.ts';
import type { GitHubSimulator } from '../../github-simulator/index.ts';
import { jsonOf } from './drive.ts';
import type { Json, Parameters } from './drive.ts';

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code';
const JSON_ACCEPT = { accept: 'application/json' };

export function startDevice(
  simulator: GitHubSimulator,
  changes: Parameters = {},
  headers: Parameters = JSON_ACCEPT,
): Promise<Response> {
  return fetch(`${simulator.webBase}/login/device/code`, {
    method: 'POST',
    headers,
    body: new URLSearchParams({ client_id: DEMO_OAUTH_APP.clientId, scope: 'repo', ...changes }),
  });
}

/** Calls the token endpoint as the demo app, without its secret. */
export async function publicToken(simulator: GitHubSimulator, changes: Parameters): Promise<Json> {
  const url = `${simulator.webBase}/login/oauth/access_token`;
  const body = new URLSearchParams({ client_id: DEMO_OAUTH_APP.clientId, ...changes });
  return jsonOf(fetch(url, { method: 'POST', headers: JSON_ACCEPT, body }));
}

export function poll(
  simulator: GitHubSimulator,
  deviceCode: unknown,
  changes: Parameters = {},
): Promise<Json> {
  const grant = { grant_type: DEVICE_GRANT, device_code: String(deviceCode) };
  return publicToken(simulator, { ...grant, ...changes });
}

/** A whole device sign-in of octocat. */
export async function deviceSignIn(simulator: GitHubSimulator, changes: Parameters = {}): Promise<Json> {
  const { device_code, user_code } = await jsonOf(startDevice(simulator, changes));
  simulator.approveDevice({ userCode: String(user_code), login: 'octocat' });
  return poll(simulator, device_code);
}

export function postDevicePage(
  simulator: GitHubSimulator,
  form: Parameters | URLSearchParams,
): Promise<Response> {
  const body = new URLSearchParams(form);
  return fetch(`${simulator.webBase}/login/device`, { method: 'POST', body });
}
