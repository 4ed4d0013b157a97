import type { Request, Router } from 'express';
import { sendMessage } from './access.ts';
import { jsonBody } from './request.ts';
import type { SimulatorState } from './state.ts';
import { endToken } from './tokens.ts';

const MAX_CREDENTIALS = 1000;

export interface CredentialsDeps {
  readonly state: SimulatorState;
  readonly isAuthenticated: (request: Request) => boolean;
}

/** `POST /credentials/revoke`: whoever holds a token may end it, and is told nothing about it. */
export function mountCredentials(router: Router, { state, isAuthenticated }: CredentialsDeps): void {
  router.post('/credentials/revoke', (request, response) => {
    if (isAuthenticated(request)) {
      sendMessage(response, 403, 'This endpoint takes no authenticated request');
      return;
    }
    const credentials = readCredentials(request);
    if (credentials === undefined) {
      const wanted = `credentials must be an array of 1 to ${String(MAX_CREDENTIALS)} strings`;
      sendMessage(response, 422, 'Validation Failed', [wanted]);
      return;
    }
    const held = [...state.tokens.values()].filter(
      ({ accessToken, refresh }) =>
        credentials.has(accessToken) || (refresh !== undefined && credentials.has(refresh.token)),
    );
    for (const record of held) endToken(state, record);
    response.status(202).json({});
  });
}

function readCredentials(request: Request): ReadonlySet<string> | undefined {
  const list = jsonBody(request)?.['credentials'];
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_CREDENTIALS) return undefined;
  return list.every((each) => typeof each === 'string') ? new Set(list) : undefined;
}
