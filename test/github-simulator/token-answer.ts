import type { Request, Response } from 'express';
import { escapeHtml } from './html.ts';

type Members = Readonly<Record<string, string | number>>;

/** Sends an answer of the token endpoint: form-encoded unless Accept asks for JSON or XML. */
export function sendTokenAnswer(request: Request, response: Response, members: Members): void {
  const accept = request.headers.accept ?? '';
  response.set('cache-control', 'no-store').status(200);
  if (accept.includes('application/json')) response.json(members);
  else if (accept.includes('application/xml')) response.type('application/xml').send(toXml(members));
  else response.type('application/x-www-form-urlencoded').send(toForm(members));
}

function toForm(members: Members): string {
  const entries = Object.entries(members).map(([name, value]): [string, string] => [name, String(value)]);
  return new URLSearchParams(entries).toString();
}

function toXml(members: Members): string {
  const elements = Object.entries(members).map(
    ([name, value]) => `<${name}>${escapeHtml(String(value))}</${name}>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n<OAuth>${elements.join('')}</OAuth>`;
}

const DESCRIPTIONS = {
  incorrect_client_credentials: 'The client_id and/or client_secret passed are incorrect.',
  redirect_uri_mismatch: 'The redirect_uri MUST match the registered callback URL for this application.',
  bad_verification_code: 'The code passed is incorrect or expired.',
  unverified_user_email: 'The user must have a verified primary email.',
  bad_refresh_token: 'The refresh token passed is incorrect or expired.',
  unsupported_grant_type: 'The grant type is not supported.',
  device_flow_disabled: 'Device Flow must be explicitly enabled for this App',
  incorrect_device_code: 'The device_code provided is not valid.',
  authorization_pending: 'The authorization request is still pending.',
  slow_down: 'Too many requests have been made in the same timeframe.',
  expired_token: 'The device_code has expired.',
  access_denied: 'The authorization request was denied.',
} as const;

export type TokenError = keyof typeof DESCRIPTIONS;

/** `slow_down` says how many seconds apart the polls must be from now on (RFC 8628 §3.5). */
export type TokenRefusal =
  Exclude<TokenError, 'slow_down'> | { readonly error: 'slow_down'; readonly interval: number };

/** An error of the token endpoint, which GitHub sends with status 200. */
export function tokenError(refusal: TokenRefusal): Members {
  const { error, ...rest } = typeof refusal === 'string' ? { error: refusal } : refusal;
  return {
    error,
    error_description: DESCRIPTIONS[error],
    error_uri: `https://docs.github.com/apps/managing-oauth-apps/troubleshooting-oauth-app-access-token-request-errors/#${error.replaceAll('_', '-')}`,
    ...rest,
  };
}
