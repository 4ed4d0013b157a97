import { createHash } from 'node:crypto';
import type { Request, Response, Router } from 'express';
import type { Clock } from '../../shared/clock.ts';
import type { Bases } from './access.ts';
import { basicOf, jsonBody } from './request.ts';
import type { SimulatedApp, SimulatorState, TokenRecord } from './state.ts';
import { endToken, findAccessToken, issueToken } from './tokens.ts';
import { userSummary } from './user-body.ts';
import type { WebhookEvents } from './webhook-events.ts';

export interface ApplicationsDeps {
  readonly state: SimulatorState;
  readonly clock: Clock;
  readonly events: Pick<WebhookEvents, 'authorizationRevoked'>;
  readonly bases: () => Bases;
}

/** `/applications/{client_id}/…`: an app checks, resets and ends tokens under its own credentials. */
export function mountApplications(router: Router, deps: ApplicationsDeps): void {
  const { state, clock, bases } = deps;
  const route =
    (run: (app: SimulatedApp, record: TokenRecord, response: Response) => void, unknown: 404 | 422) =>
    (request: Request, response: Response): void => {
      const app = requireApp(deps, request, response);
      const record = app && requireRecord(deps, app, { request, response, unknown });
      if (app !== undefined && record !== undefined) run(app, record, response);
    };
  router.post(
    '/applications/:client_id/token',
    route(
      (app, record, response) => response.json(authorizationBody(state, { app, record, bases: bases() })),
      404,
    ),
  );
  router.patch(
    '/applications/:client_id/token',
    route((app, record, response) => {
      endToken(state, record);
      const { userId, scopes, viaDevice } = record;
      const expiring = record.refresh !== undefined;
      const fresh = issueToken(state, { app, userId, scopes, expiring, viaDevice, now: clock.now() });
      response.json(authorizationBody(state, { app, record: fresh, bases: bases() }));
    }, 422),
  );
  router.delete(
    '/applications/:client_id/token',
    route((_app, record, response) => {
      endToken(state, record);
      response.status(204).end();
    }, 422),
  );
  router.delete(
    '/applications/:client_id/grant',
    route((app, record, response) => {
      deleteGrant(deps, app, record.userId);
      response.status(204).end();
    }, 422),
  );
}

/** Ends every token a user gave an app, forgets the scopes, and tells the app if it is a GitHub App. */
export function deleteGrant(
  { state, events }: Pick<ApplicationsDeps, 'state' | 'events'>,
  app: SimulatedApp,
  userId: number,
): void {
  const { clientId } = app;
  const held = [...state.tokens.values()].filter(
    (record) => record.clientId === clientId && record.userId === userId,
  );
  for (const record of held) endToken(state, record);
  const hadGrant = state.grants.delete(`${clientId} ${String(userId)}`);
  const user = state.users.get(userId);
  if (user !== undefined && (hadGrant || held.length > 0)) events.authorizationRevoked(app, user);
}

function requireApp(
  { state }: ApplicationsDeps,
  request: Request,
  response: Response,
): SimulatedApp | undefined {
  const basic = basicOf(request);
  const app = state.apps.get(basic?.id ?? '');
  if (app === undefined || basic?.secret !== app.clientSecret) {
    response.status(401).json({ message: 'Bad credentials', documentation_url: DOCS, status: '401' });
    return undefined;
  }
  if (request.params['client_id'] !== app.clientId) {
    response.status(404).json({ message: 'Not Found', documentation_url: DOCS, status: '404' });
    return undefined;
  }
  return app;
}

function requireRecord(
  { state, clock }: ApplicationsDeps,
  app: SimulatedApp,
  { request, response, unknown }: { request: Request; response: Response; unknown: 404 | 422 },
): TokenRecord | undefined {
  const accessToken = jsonBody(request)?.['access_token'];
  if (typeof accessToken !== 'string' || accessToken === '') {
    response.status(422).json({
      message: 'Validation Failed',
      errors: [{ resource: 'OauthAccess', code: 'missing_field', field: 'access_token' }],
      documentation_url: DOCS,
      status: '422',
    });
    return undefined;
  }
  const record = findAccessToken(state, accessToken, clock.now());
  // A token of another app is as unknown here as none at all.
  if (record?.clientId === app.clientId) return record;
  const message = unknown === 404 ? 'Not Found' : 'Validation Failed';
  response.status(unknown).json({ message, documentation_url: DOCS, status: String(unknown) });
  return undefined;
}

const DOCS = 'https://docs.github.com/rest/apps/oauth-applications';

function authorizationBody(
  state: SimulatorState,
  { app, record, bases }: { app: SimulatedApp; record: TokenRecord; bases: Bases },
): Record<string, unknown> {
  const user = state.users.get(record.userId);
  const created = new Date(record.createdAt).toISOString();
  return {
    id: record.id,
    url: `${bases.api}/authorizations/${String(record.id)}`,
    scopes: record.scopes,
    token: record.accessToken,
    token_last_eight: record.accessToken.slice(-8),
    hashed_token: createHash('sha256').update(record.accessToken).digest('hex'),
    app: { client_id: app.clientId, name: app.name, url: 'https://simulator.invalid/' },
    note: null,
    note_url: null,
    created_at: created,
    updated_at: created,
    fingerprint: null,
    expires_at: record.expiresAt === undefined ? null : new Date(record.expiresAt).toISOString(),
    user: user === undefined ? null : userSummary(user, bases),
  };
}
