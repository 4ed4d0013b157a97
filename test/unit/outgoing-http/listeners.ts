import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import { createSecureServer } from 'node:http2';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';
import type { AddressInfo, Server as NetServer } from 'node:net';
import { onTestFinished } from 'vitest';

async function listen(server: NetServer & Partial<Pick<Server, 'closeAllConnections'>>): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections?.();
    await closed;
  });
  return (server.address() as AddressInfo).port;
}

/** A plain server for one test; returns its origin. */
export async function startHttp(listener: RequestListener): Promise<string> {
  return `http://127.0.0.1:${String(await listen(createServer(listener)))}`;
}

/** A TLS server for one test; returns its port. */
export async function startHttps(
  credentials: { key: string; cert: string },
  listener: RequestListener,
): Promise<number> {
  return listen(createTlsServer(credentials, listener));
}

/** A TLS server that offers HTTP/2 and HTTP/1.1; returns its port. */
export async function startHttp2(
  credentials: { key: string; cert: string },
  listener: (request: Http2ServerRequest, response: Http2ServerResponse) => void,
): Promise<number> {
  const server = createSecureServer({ ...credentials, allowHTTP1: true }, listener);
  const sockets = new Set<{ destroy(): void }>();
  server.on('connection', (socket: { destroy(): void }) => sockets.add(socket));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
  });
  return listen(server);
}

/** A CONNECT proxy for one test that notes its targets; `refuse` answers 407. */
export async function startProxy(refuse = false) {
  const targets: string[] = [];
  const authorizations: (string | undefined)[] = [];
  const server = createServer((_request, response) => response.writeHead(405).end());
  server.on('connect', (request, client) => {
    targets.push(request.url ?? '');
    authorizations.push(request.headers['proxy-authorization']);
    if (refuse) {
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    const port = Number((request.url ?? '').split(':').at(-1));
    const upstream = connect(port, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    const end = (): void => {
      upstream.destroy();
      client.destroy();
    };
    upstream.on('error', end).on('close', end);
    client.on('error', end).on('close', end);
  });
  return { url: `http://127.0.0.1:${String(await listen(server))}`, targets, authorizations };
}
