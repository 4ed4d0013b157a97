import type { Router } from 'express';
import type { ApiGate } from './api-caller.ts';
import type { RateLimit } from './rate-limit.ts';
import { userBody } from './user-body.ts';

export interface ApiDeps {
  readonly gate: ApiGate;
  readonly rateLimit: RateLimit;
}

/** The REST routes; everything else is GitHub's JSON 404. */
export function mountApi(router: Router, { gate, rateLimit }: ApiDeps): void {
  router.get('/rate_limit', (request, response) => {
    const core = { ...rateLimit.read(request), resource: 'core' };
    response.json({ resources: { core }, rate: core });
  });
  router.use(rateLimit.count);
  router.get('/user', (request, response) => {
    const caller = gate.caller(request);
    if (caller === undefined) {
      response
        .status(401)
        .json({ message: 'Requires authentication', documentation_url: DOCS, status: '401' });
      return;
    }
    response.json(userBody(caller.user, caller.record.scopes));
  });
  router.get('/meta', (_request, response) => {
    response.json({ verifiable_password_authentication: false, web: [], api: [], git: [], hooks: [] });
  });
  router.get('/zen', (_request, response) => {
    response.type('text').send('Design for failure.');
  });
  router.use((_request, response) => {
    response.status(404).json({ message: 'Not Found', documentation_url: DOCS, status: '404' });
  });
}

const DOCS = 'https://docs.github.com/rest';
