import type { Router } from 'express';
import { sendMessage, sendNotFound } from './access.ts';
import type { Bases } from './access.ts';
import type { ApiGate } from './api-caller.ts';
import { mountCredentials } from './credentials.ts';
import { mountOrganizations } from './organization-routes.ts';
import { fullVersion } from './profile.ts';
import type { RateLimit, RateResource } from './rate-limit.ts';
import type { Repositories } from './repositories.ts';
import { mountRepositories } from './repository-routes.ts';
import { sendCodeSearch } from './search-route.ts';
import type { SimulatorState } from './state.ts';
import { userBody } from './user-body.ts';

export interface ApiDeps {
  readonly gate: ApiGate;
  readonly rateLimit: RateLimit;
  readonly state: SimulatorState;
  readonly repositories: Repositories;
  readonly bases: () => Bases;
}

/** The REST routes; everything else is GitHub's JSON 404. */
export function mountApi(router: Router, { gate, rateLimit, state, repositories, bases }: ApiDeps): void {
  router.get('/rate_limit', (request, response) => {
    if (!state.profile.limits) {
      sendMessage(response, 404, 'Rate limiting is not enabled.');
      return;
    }
    const read = (resource: RateResource) => ({ ...rateLimit.read(request, resource), resource });
    const core = read('core');
    const resources = { core, search: read('search'), code_search: read('code_search') };
    response.json({ resources, rate: core });
  });
  // A bucket of its own: code searches do not count among the hour's requests.
  router.get('/search/code', rateLimit.count('code_search'), async (request, response) => {
    await sendCodeSearch({ state, repositories, bases }, gate.caller(request), { request, response });
  });
  router.use(rateLimit.count('core'));
  router.get('/user', (request, response) => {
    const caller = gate.caller(request);
    if (caller === undefined) sendMessage(response, 401, 'Requires authentication');
    else response.json(userBody(caller, bases()));
  });
  if (state.profile.revokesCredentials)
    mountCredentials(router, { state, isAuthenticated: (request) => gate.caller(request) !== undefined });
  mountOrganizations(router, { state, bases, caller: gate.caller });
  mountRepositories(router, {
    state,
    repositories,
    bases,
    caller: gate.caller,
    limits: () => state.contentLimits,
    refund: rateLimit.refund,
  });
  router.get('/meta', (_request, response) => {
    const { version } = state.profile;
    const installed = version === undefined ? {} : { installed_version: fullVersion(version) };
    response.json({
      ...installed,
      verifiable_password_authentication: false,
      web: [],
      api: [],
      git: [],
      hooks: [],
    });
  });
  router.get('/zen', (_request, response) => {
    response.type('text').send('Design for failure.');
  });
  router.use((_request, response) => {
    sendNotFound(response);
  });
}
