import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RegisteredClient } from '../support/oauth-client.ts';
import { registerClient } from '../support/oauth-client.ts';

/** A program on this computer that waits for its redirect, as command-line clients do. */
export interface LoopbackClient extends RegisteredClient {
  /** Query of every redirect that really arrived. */
  readonly arrivals: readonly URLSearchParams[];
  close(): Promise<void>;
}

/** Listens on a free loopback port and registers that address at the gateway. */
export async function startLoopbackClient(gateway: string): Promise<LoopbackClient> {
  const arrivals: URLSearchParams[] = [];
  const server = createServer((req, res) => {
    const url = new URL(req.url ?? '/', 'http://127.0.0.1');
    const isRedirect = url.pathname === '/callback';
    if (isRedirect) arrivals.push(url.searchParams);
    res.writeHead(isRedirect ? 200 : 404, { 'content-type': 'text/html' });
    res.end('<!doctype html><title>The client</title><p>You can close this page.</p>');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const redirectUri = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/callback`;
  const { clientId } = await registerClient(gateway, { redirect_uris: [redirectUri] });
  return {
    clientId,
    redirectUri,
    arrivals,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
