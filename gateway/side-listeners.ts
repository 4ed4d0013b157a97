import type { RequestListener } from 'node:http';
import express from 'express';
import type { Express } from 'express';
import { isLoopbackHost } from '../shared/listener/index.ts';
import type { Logger } from '../shared/logger.ts';
import type { SideListener } from '../shared/process/index.ts';
import type { Operations } from './admin/index.ts';
import { createAdminApp } from './admin/index.ts';
import type { GatewayConfig } from './config/index.ts';
import { sideAddresses } from './config/index.ts';
import { ROUTES } from './http/index.ts';

/** Listeners beside the public one, each on an address of its own and only when it is asked for. */
export function createSideListeners(
  config: GatewayConfig,
  parts: {
    publicApp: RequestListener;
    operations: Operations;
    /** Absent when there is no admin API. */
    readAdminToken: (() => string) | undefined;
    logger: Logger;
  },
): readonly SideListener[] {
  const { publicApp, operations, readAdminToken: readToken, logger } = parts;
  const apps = {
    admin: () => (readToken === undefined ? undefined : createAdminApp({ operations, readToken, logger })),
    metadata: () => createMetadataApp(publicApp),
    callback: () => createCallbackApp(config.publicUrl),
  };
  return sideAddresses(config).flatMap(({ name, host, port, variable }) => {
    const app = apps[name]();
    if (app === undefined) return [];
    const form = {
      authorities: [config.publicUrl, config.githubOauthRedirectUri].map((url) => new URL(url).host),
      loopbackNamesOnly: name === 'admin' && isLoopbackHost(host),
    };
    return [{ name, app, host, port, portVariable: variable, form }];
  });
}

/** The discovery documents and the health of the public listener, and nothing else of it. */
function createMetadataApp(publicApp: RequestListener): RequestListener {
  return (req, res) => {
    const [path = ''] = (req.url ?? '').split('?');
    const isRead = req.method === 'GET' || req.method === 'HEAD' || req.method === 'OPTIONS';
    if (isRead && (path.startsWith('/.well-known/') || path === '/health')) {
      publicApp(req, res);
      return;
    }
    res.writeHead(404, { 'content-type': 'application/json', 'cache-control': 'no-store' });
    res.end('{"error":"not_found"}');
  };
}

/**
 * Sends a browser that GitHub sent here on to the public origin, where its cookie is; query and all. Nothing is looked
 * at: whatever is wrong with the query is found there.
 */
function createCallbackApp(publicUrl: string): Express {
  const app = express();
  app.disable('x-powered-by');
  app.set('case sensitive routing', true);
  app.set('strict routing', true);
  app.set('query parser', false);
  app.get(ROUTES.callback, (req, res) => {
    const [, query] = /\?(.*)$/s.exec(req.url) ?? [];
    const location = `${publicUrl}${ROUTES.callback}${query === undefined ? '' : `?${query}`}`;
    res.status(303).set({ location, 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' }).end();
  });
  app.get('/health', (_req, res) => {
    res.set('cache-control', 'no-store').json({ status: 'ok' });
  });
  app.use((_req, res) => {
    res.status(404).set('cache-control', 'no-store').json({ error: 'not_found' });
  });
  return app;
}
