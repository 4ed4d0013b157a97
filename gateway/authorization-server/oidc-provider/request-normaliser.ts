import { parse, stringify } from 'node:querystring';
import type { ParsedUrlQueryInput } from 'node:querystring';
import { Router, json, urlencoded } from 'express';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { EventBus } from '../../../shared/ops/index.ts';
import type { Resource } from '../../../shared/resources.ts';
import { inviteBody, ROUTES } from '../../http/index.ts';
import { messagePage, PAGE_HEADERS } from '../../pages/index.ts';
import type { ScopePolicy } from '../token/scopes.ts';
import { isTooLarge, normaliseAuthorizationRequest } from './authorization-request.ts';
import type { RegistrationNames, RegistrationRules } from '../../clients/index.ts';
import { judgeRegistration } from '../../clients/index.ts';
import { offerUserCode } from './device-sources.ts';
import { findResource } from './resource-indicator.ts';

const MAX_REGISTRATION_BYTES = 16 * 1024;
const MAX_FORM_BYTES = 16 * 1024;

const TOO_LARGE = {
  title: 'This sign-in request cannot be used',
  explanation: 'The application sent more than 8 KiB with it (invalid_request).',
  next: 'Start again from the application; if it happens again, tell the people who made it.',
};

/** Endpoints that take a form from a program. */
const FORM_ROUTES = [ROUTES.token, ROUTES.revocation, ROUTES.deviceAuthorization];

/**
 * What happens to a request before oidc-provider sees it. The library compares strings exactly and builds every
 * URL from the request's Host: both are settled here, once, from configuration.
 */
export function createRequestNormaliser(rules: {
  publicUrl: string;
  scopes: ScopePolicy;
  resources: readonly [Resource, ...Resource[]];
  registrationRules: RegistrationRules;
  registrationNames: RegistrationNames;
  /** With `off` nobody registers. */
  registration: 'open' | 'allowlist' | 'off';
  events: EventBus;
  /** Answers what it can of token requests; it finds the form parsed, and the rest goes on. */
  answerToken: RequestHandler;
}): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.use(pinPublicUrl(rules.publicUrl));
  router.get(ROUTES.authorization, (req, res, next) => {
    const [path = '', query = ''] = splitOnce(req.url, '?');
    const normalised = normaliseAuthorizationRequest(new URLSearchParams(query), rules);
    if (isTooLarge(normalised)) {
      res.status(400).set(PAGE_HEADERS).send(messagePage(TOO_LARGE));
      return;
    }
    req.url = `${path}?${normalised.toString()}`;
    next();
  });
  router.get(ROUTES.device, keepUserCode);
  router.post([ROUTES.registration, ...FORM_ROUTES, ROUTES.device], inviteBody);
  router.post([ROUTES.registration, ...FORM_ROUTES], dropCharset);
  router.post(FORM_ROUTES, dropStrayAuthorization);
  if (rules.registration === 'off') router.all(ROUTES.registration, answerNotFound);
  router.post(
    ROUTES.registration,
    json({ limit: MAX_REGISTRATION_BYTES, strict: true }),
    applyRegistrationPolicy(rules),
  );
  router.post(FORM_ROUTES, refuseQuery, urlencoded({ limit: MAX_FORM_BYTES, extended: false }));
  router.post(ROUTES.revocation, (_req, res, next) => {
    // oidc-provider sets it at the other endpoints itself.
    res.set('cache-control', 'no-store');
    next();
  });
  router.post(ROUTES.token, (req, _res, next) => {
    canonicaliseResource(req, rules.resources);
    next();
  });
  router.post(ROUTES.token, rules.answerToken);
  router.post(ROUTES.deviceAuthorization, (req, res, next) => {
    const query = new URLSearchParams(stringify((req.body ?? {}) as ParsedUrlQueryInput));
    const normalised = normaliseAuthorizationRequest(query, rules);
    if (isTooLarge(normalised)) {
      answer(res, 400, { error: 'invalid_request', error_description: 'the request is larger than 8 KiB' });
      return;
    }
    req.body = parse(normalised.toString());
    next();
  });
  router.post(FORM_ROUTES, (req, _res, next) => {
    if (req.body !== undefined) replayBody(req, stringify(req.body as ParsedUrlQueryInput));
    next();
  });
  router.use([ROUTES.registration, ...FORM_ROUTES], answerBodyFault);
  return router;
}

/**
 * A link with the code in it only fills the field (RFC 8628 §3.3.1): the library would send the form by itself, with a
 * script, and a person who is sent such a link should press the button.
 */
const keepUserCode: RequestHandler = (req, _res, next) => {
  const [path = '', query = ''] = splitOnce(req.url, '?');
  offerUserCode(req, new URLSearchParams(query).get('user_code'));
  req.url = path;
  req.originalUrl = path;
  next();
};

/** Host and forwarded headers become those of PUBLIC_URL: metadata and redirects never follow a client's Host. */
function pinPublicUrl(publicUrl: string): RequestHandler {
  const url = new URL(publicUrl);
  return (req, _res, next) => {
    for (const name of Object.keys(req.headers)) {
      if (name.startsWith('x-forwarded-') || name === 'forwarded') Reflect.deleteProperty(req.headers, name);
    }
    req.headers.host = url.host;
    req.headers['x-forwarded-proto'] = url.protocol.slice(0, -1);
    next();
  };
}

/** Not announced either: clients that try the path without reading the metadata learn why. */
const answerNotFound: RequestHandler = (_req, res) => {
  answer(res, 404, { error: 'not_found', error_description: 'clients do not register themselves here' });
};

const CHARSET_FREE = /^\s*(application\/(?:json|x-www-form-urlencoded))\s*;/i;

/**
 * Neither type has a charset parameter that counts (RFC 8259 §11; WHATWG URL, application/x-www-form-urlencoded): both are
 * UTF-8. A parser that looks at it refuses clients for the spelling of a word.
 */
const dropCharset: RequestHandler = (req, _res, next) => {
  const [, type] = CHARSET_FREE.exec(req.headers['content-type'] ?? '') ?? [];
  if (type !== undefined) req.headers['content-type'] = type.toLowerCase();
  next();
};

/**
 * Clients authenticate here by Basic or not at all (RFC 6749 §2.3.1). Hosts with configured headers send an old access token
 * along everywhere: it says nothing about the client, and is not looked at.
 */
const dropStrayAuthorization: RequestHandler = (req, _res, next) => {
  const isBasic = /^Basic(?: |$)/i.test(req.headers.authorization ?? '');
  if (!isBasic) Reflect.deleteProperty(req.headers, 'authorization');
  next();
};

/** Credentials in a URL end up in logs and histories (OAuth 2.1 §3.2). */
const refuseQuery: RequestHandler = (req, res, next) => {
  if (splitOnce(req.url, '?').length === 1) {
    next();
    return;
  }
  answer(res, 400, { error: 'invalid_request', error_description: 'parameters belong in the request body' });
};

function applyRegistrationPolicy(rules: {
  events: EventBus;
  registrationRules: RegistrationRules;
  registrationNames: RegistrationNames;
}): RequestHandler {
  return (req, res, next) => {
    const body: unknown = req.body;
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      const description = 'the body must be a JSON object';
      answer(res, 400, { error: 'invalid_client_metadata', error_description: description });
      return;
    }
    const judged = judgeRegistration(Object.fromEntries(Object.entries(body)), rules.registrationRules);
    if (!judged.ok) {
      answer(res, 400, { error: judged.error, error_description: judged.description });
      return;
    }
    if (judged.dropped.length > 0)
      rules.events.emit({ type: 'client.metadata.dropped', members: judged.dropped });
    rules.registrationNames.note(req, judged.metadata);
    replayBody(req, JSON.stringify(judged.metadata));
    next();
  };
}

function canonicaliseResource(req: Request, resources: readonly Resource[]): void {
  const body = req.body as Record<string, unknown> | undefined;
  const value = body?.['resource'];
  if (body === undefined || typeof value !== 'string') return;
  const found = findResource(resources, value);
  if (found !== undefined) body['resource'] = found.identifier;
}

/** oidc-provider reads bodies itself: it gets the normalised one as a request that nobody has read. */
function replayBody(req: Request, text: string): void {
  const body = Buffer.from(text);
  Object.defineProperties(req, {
    readable: { value: true, configurable: true },
    iterator: { value: () => [body], configurable: true },
  });
  req.headers['content-length'] = String(body.length);
}

/** Faults of the body parsers, in the endpoints' own form (RFC 6749 §5.2). */
function answerBodyFault(error: unknown, _req: Request, res: Response, next: NextFunction): void {
  const status = typeof error === 'object' && error !== null && 'status' in error ? error.status : undefined;
  if (status === 413) {
    answer(res, 413, { error: 'invalid_request', error_description: 'the request body is too large' });
  } else if (typeof status === 'number' && status >= 400 && status < 500) {
    answer(res, 400, { error: 'invalid_request', error_description: 'the request body cannot be read' });
  } else {
    next(error);
  }
}

function answer(res: Response, status: number, body: { error: string; error_description: string }): void {
  res.status(status).set('cache-control', 'no-store').json(body);
}

function splitOnce(text: string, separator: string): string[] {
  const at = text.indexOf(separator);
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
