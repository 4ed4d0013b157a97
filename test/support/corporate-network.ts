import { readFileSync } from 'node:fs';
import type { IncomingMessage, RequestListener } from 'node:http';
import { createServer, request } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { connect } from 'node:net';
import type { TestCertificates } from './certificates.ts';
import { makeCertificates } from './certificates.ts';

/** The way out of a network whose names only its CONNECT proxy resolves, and whose servers a private authority certifies. */
export interface CorporateNetwork {
  /** With the credentials it asks for. */
  readonly proxyUrl: string;
  readonly certificates: TestCertificates;
  /** Every host and port a tunnel was asked for, and whether the right credentials came along. */
  readonly tunnels: readonly { readonly target: string; readonly isAuthorized: boolean }[];
  /** Says which plain server on loopback stands behind which host. */
  serve(origins: Readonly<Record<string, string>>): void;
  /** Where a browser inside the network ends up for a URL. */
  reach(url: string): string;
  close(): Promise<void>;
}

const CREDENTIALS = 'gateway:proxy-password';

/** Starts a proxy and, behind it, a TLS front for hosts that exist nowhere else. */
export async function startCorporateNetwork(hosts: readonly string[]): Promise<CorporateNetwork> {
  const certificates = makeCertificates(hosts.map((host) => `DNS:${host}`).join(','));
  let served: Readonly<Record<string, string>> = {};
  const tunnels: { target: string; isAuthorized: boolean }[] = [];
  const tls = { key: readFileSync(certificates.keyFile), cert: readFileSync(certificates.certFile) };
  const front = createTlsServer(
    tls,
    passTo((host) => served[host]),
  );
  const frontPort = await listen(front);
  const proxy = createServer((_req, res) => res.writeHead(405).end());
  const sockets = new Set<Socket>();
  proxy.on('connect', (req: IncomingMessage, client: Socket) => {
    const expected = `Basic ${Buffer.from(CREDENTIALS).toString('base64')}`;
    const target = req.url ?? '';
    const isAuthorized = req.headers['proxy-authorization'] === expected;
    tunnels.push({ target, isAuthorized });
    const isKnown = hosts.some((host) => target === `${host}:443`);
    if (!isKnown || !isAuthorized) {
      client.end(
        `HTTP/1.1 ${isAuthorized ? '502 Bad Gateway' : '407 Proxy Authentication Required'}\r\n\r\n`,
      );
      return;
    }
    const upstream = connect(frontPort, '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => socket.destroy());
      socket.on('close', () => sockets.delete(socket));
    }
  });
  const proxyPort = await listen(proxy);
  return {
    proxyUrl: `http://${CREDENTIALS}@127.0.0.1:${String(proxyPort)}`,
    certificates,
    tunnels,
    serve: (origins) => {
      served = origins;
    },
    reach: (url) => {
      const { host, pathname, search } = new URL(url);
      const origin = served[host];
      return origin === undefined ? url : `${origin}${pathname}${search}`;
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      front.closeAllConnections();
      await Promise.all([front, proxy].map(close));
    },
  };
}

/** Hands a request on to the plain server behind its host. */
function passTo(originOf: (host: string) => string | undefined): RequestListener {
  return (req, res) => {
    const origin = originOf(req.headers.host ?? '');
    if (origin === undefined) {
      res.writeHead(502).end();
      return;
    }
    const { method, url, rawHeaders } = req;
    const onward = request(`${origin}${url ?? '/'}`, { method, headers: rawHeaders, agent: false });
    onward.on('response', (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(res);
    });
    onward.on('error', () => res.destroy());
    req.pipe(onward);
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function close(server: Server): Promise<void> {
  await new Promise((resolve) => server.close(resolve));
}
