import type { RequestHandler } from 'express';
import { Router } from 'express';
import type { Library } from './context.ts';
import type { Platform } from '../../../shared/platform/index.ts';
import type { RefreshTokens } from '../../grants/index.ts';
import type { Everybody } from '../../standing/index.ts';
import { openCors, ROUTES, SERVER_METADATA_PATHS } from '../../http/index.ts';
import type { ClientRegister } from '../../clients/index.ts';
import type { SignIn } from '../login/sign-in.ts';
import type { SigningKeys } from '../signing-keys/signing-keys.ts';
import type { Tokens } from '../token/tokens.ts';
import { createAdapterFactory } from './adapter.ts';
import { createCookieKeys } from './cookie-keys.ts';
import { subscribeProviderEvents } from './events.ts';
import { createInteractions } from './interactions.ts';
import type { ProviderRules } from './provider.ts';
import { createProvider } from './provider.ts';
import { createRequestNormaliser } from './request-normaliser.ts';
import { isServedByProvider } from './served-paths.ts';

/** Endpoints that programs use, from any origin and without cookies. */
const CORS_ROUTES = [
  ROUTES.registration,
  ROUTES.token,
  ROUTES.revocation,
  ROUTES.jwks,
  ROUTES.deviceAuthorization,
];

interface Parts {
  readonly register: ClientRegister;
  readonly tokens: Tokens;
  readonly signIn: SignIn;
  readonly signingKeys: SigningKeys;
  readonly everybody: Everybody;
  readonly refreshTokens: RefreshTokens;
  readonly addressLimits: RequestHandler;
}

/** oidc-provider among our own routes, in the order that requests pass them. */
export function mountProvider(
  platform: Platform,
  options: ProviderRules,
  parts: Parts,
): { readonly routes: Router; readonly handler: RequestHandler } {
  const { register, tokens, signingKeys } = parts;
  const provider = buildProvider(platform, options, parts);
  subscribeProviderEvents(provider, platform);
  const routes = Router({ caseSensitive: true, strict: true });
  routes.use([...CORS_ROUTES, ...(options.metadataCors ? SERVER_METADATA_PATHS : [])], openCors);
  routes.get(ROUTES.jwks, (_req, res) => {
    res.set({ 'cache-control': 'public, max-age=300', 'content-type': 'application/jwk-set+json' });
    res.send(JSON.stringify(signingKeys.publicJwks()));
  });
  routes.use(parts.addressLimits);
  routes.use(
    createRequestNormaliser({
      publicUrl: options.publicUrl,
      scopes: options.scopes,
      resources: options.resources,
      registrationRules: options.clients.registrationRules,
      registrationNames: register.names,
      registration: options.clients.registration,
      events: platform.events,
      answerToken: tokens.endpoint,
    }),
  );
  routes.use(parts.signIn.routesOver(createInteractions(provider)));
  return { routes, handler: handlerOf(provider) };
}

function buildProvider(
  { store, gatewayRing, clock }: Platform,
  options: ProviderRules,
  { register, tokens, signingKeys, everybody, refreshTokens }: Parts,
): Library {
  const { codes, deviceCodes } = tokens;
  const { clients, find: findClient, usedAssertions, names } = register;
  return createProvider(options, {
    adapter: createAdapterFactory({
      store,
      gatewayRing,
      clock,
      clients,
      findClient,
      usedAssertions,
      grants: everybody.grants,
      codes,
      deviceCodes,
      refreshTokens,
    }),
    findAccount: everybody.findAccount,
    signingKeys,
    cookieKeys: createCookieKeys(gatewayRing),
    clock,
    registrationNames: names,
  });
}

function handlerOf(provider: Library): RequestHandler {
  const callback = provider.callback();
  return (req, res) => {
    if (isServedByProvider(req.method, req.originalUrl.split('?')[0] ?? '')) void callback(req, res);
    else res.status(404).set('cache-control', 'no-store').json({ error: 'not_found' });
  };
}
