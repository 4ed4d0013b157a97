import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One address or, for `localhost`, both loopback addresses on the same port. */
export interface Listening {
  readonly port: number;
  /** Stops taking connections, lets open exchanges finish for `graceMs`, then cuts them. */
  close(graceMs: number): Promise<void>;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** A connection opened (+1) or closed (-1). */
  readonly onConnections?: (delta: number) => void;
}

/** What a slow or hostile client may cost: a header block, its time, and the time until a body must be in (ms). */
const LIMITS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  keepAliveTimeout: 65_000,
  // Node looks for what is overdue every 30 s by itself: a header block would get up to 40 s.
  connectionsCheckingInterval: 1_000,
  insecureHTTPParser: false,
  requireHostHeader: true,
} as const;

/** @throws the system's error when an address cannot be bound; `::1` missing from the host is not one. */
export async function listenOn(listener: RequestListener, options: ListenOptions): Promise<Listening> {
  const hosts = options.host === 'localhost' ? ['127.0.0.1', '::1'] : [options.host];
  const servers: Server[] = [];
  let port = options.port;
  for (const host of hosts) {
    const server = createLimitedServer(listener, options);
    try {
      port = await bind(server, host, port);
      servers.push(server);
    } catch (error) {
      if (host === '::1' && isMissingAddress(error)) continue;
      await Promise.all(
        servers.map(async (bound) => {
          await closeServer(bound, 0);
        }),
      );
      throw error;
    }
  }
  return {
    port,
    close: async (graceMs) => {
      await Promise.all(
        servers.map(async (server) => {
          await closeServer(server, graceMs);
        }),
      );
    },
  };
}

function createLimitedServer(listener: RequestListener, { onConnections }: ListenOptions): Server {
  const server = createServer(LIMITS, listener);
  // Node would invite the body at once, before anybody has looked at the request.
  server.on('checkContinue', (req, res) => {
    listener(req, res);
  });
  // Upgrades are not served: without a listener Node would hand the socket to the request listener as it is.
  server.on('upgrade', (_req, socket) => {
    socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
  });
  server.on('connection', (socket) => {
    onConnections?.(1);
    socket.once('close', () => onConnections?.(-1));
  });
  return server;
}

async function bind(server: Server, host: string, port: number): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, ipv6Only: host.includes(':') }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  return (server.address() as AddressInfo).port;
}

function isMissingAddress(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT';
}

async function closeServer(server: Server, graceMs: number): Promise<void> {
  const closed = new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
  server.closeIdleConnections();
  const cut = setTimeout(() => {
    server.closeAllConnections();
  }, graceMs);
  await closed;
  clearTimeout(cut);
}
