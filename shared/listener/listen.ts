import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ConnectionRules } from './connections.ts';
import { createConnections } from './connections.ts';
import { createGuardedServer } from './guarded-server.ts';
import type { EdgeRefusal } from './refusal.ts';
import type { FormRules } from './request-form.ts';

/** One address or, for `localhost`, both loopback addresses on the same port. */
export interface Listening {
  readonly port: number;
  /** Stops taking connections, lets open exchanges finish for `graceMs`, then ends whatever socket is left. */
  close(graceMs: number): Promise<void>;
}

export interface ListenOptions {
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly form?: FormRules;
  readonly connections?: ConnectionRules;
  /** How long an idle connection is kept (ms). Default 65 s: above the 60 s after which common balancers give one up. */
  readonly keepAliveMs?: number;
  /** A connection opened (+1) or closed (-1). */
  readonly onConnections?: (delta: number) => void;
  /** Told of everything that is refused before the application sees it. */
  readonly onRefused?: (refusal: EdgeRefusal) => void;
}

const KEEP_ALIVE_MS = 65_000;

const ANY_FORM: FormRules = { authorities: [], loopbackNamesOnly: false };

const UNBOUNDED: ConnectionRules = {
  max: Infinity,
  maxPerAddress: Infinity,
  groupOf: () => undefined,
};

/** @throws the system's error when an address cannot be bound; `::1` missing from the host is not one. */
export async function listenOn(listener: RequestListener, options: ListenOptions): Promise<Listening> {
  const hosts = options.host === 'localhost' ? ['127.0.0.1', '::1'] : [options.host];
  const connections = createConnections(options.connections ?? UNBOUNDED);
  const servers: Server[] = [];
  const close = async (graceMs: number) => {
    const closed = Promise.all(servers.map(stopped));
    connections.drain();
    const cut = setTimeout(() => {
      connections.destroy();
    }, graceMs);
    await closed;
    clearTimeout(cut);
  };
  let port = options.port;
  for (const host of hosts) {
    const server = createGuardedServer(listener, {
      connections,
      form: options.form ?? ANY_FORM,
      keepAliveMs: options.keepAliveMs ?? KEEP_ALIVE_MS,
      onConnections: options.onConnections,
      onRefused: options.onRefused,
    });
    try {
      port = await bind(server, host, port);
      servers.push(server);
    } catch (error) {
      if (host === '::1' && isMissingAddress(error)) continue;
      await close(0);
      throw error;
    }
  }
  return { port, close };
}

async function stopped(server: Server): Promise<void> {
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
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
