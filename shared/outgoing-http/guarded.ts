import { connect } from 'node:tls';
import type { TLSSocket } from 'node:tls';
import { isIP } from 'node:net';
import { Agent } from 'undici';
import type { Dispatcher } from 'undici';
import { OutgoingHttpError } from './outgoing-http-error.ts';
import { ADDRESS_NOT_PUBLIC } from './public-address.ts';
import type { NameQuery, StrangerNames } from './stranger-names.ts';

/** Connections to hosts that strangers choose. */
export interface GuardedConnections {
  /**
   * Gives one request a way out of its own. When `send` is over, whatever its end, nothing of it is left: no question to
   * a server of names, no socket on its way.
   */
  use<T>(url: URL, send: (dispatcher: Dispatcher) => Promise<T>): Promise<T>;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

export function createGuardedConnections(options: {
  readonly names: StrangerNames;
  readonly ca: string[] | undefined;
}): GuardedConnections {
  const running = new Set<Promise<unknown>>();
  return {
    use: async (url, send) => {
      requireNamed(url);
      const using = useOnce(options, send);
      running.add(using);
      try {
        return await using;
      } finally {
        running.delete(using);
      }
    },
    close: async () => {
      await Promise.allSettled(running);
    },
  };
}

async function useOnce<T>(
  { names, ca }: { names: StrangerNames; ca: string[] | undefined },
  send: (dispatcher: Dispatcher) => Promise<T>,
): Promise<T> {
  const query = names.open();
  const sockets: TLSSocket[] = [];
  const agent = new Agent({
    connections: 1,
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: ({ hostname, port, servername }, callback) => {
      const target = {
        host: hostname,
        port: port === '' ? 443 : Number(port),
        servername: servername ?? hostname,
        query,
        ca,
      };
      const socket = openSocket(target, (error) => {
        if (error === undefined) callback(null, socket);
        else callback(error, null);
      });
      sockets.push(socket);
    },
  });
  try {
    return await send(agent);
  } finally {
    for (const socket of sockets) socket.destroy();
    await Promise.all([query.end(), agent.destroy()]);
  }
}

/** The transport's own connector does not hand out a socket before it is connected, so that nobody could end it. */
function openSocket(
  to: { host: string; port: number; servername: string; query: NameQuery; ca: string[] | undefined },
  done: (error?: Error) => void,
): TLSSocket {
  const { query, ca, ...target } = to;
  const trusted = ca === undefined ? {} : { ca };
  const socket = connect({ ...target, ...trusted, lookup: query.lookup, ALPNProtocols: ['http/1.1'] });
  socket.once('error', done);
  socket.once('secureConnect', () => {
    socket.off('error', done);
    done();
  });
  return socket;
}

/** An address written out is never looked up, and plain http goes to this machine only. */
function requireNamed(url: URL): void {
  if (url.protocol === 'https:' && isIP(url.hostname.replace(/^\[|\]$/g, '')) === 0) return;
  throw new OutgoingHttpError('connect_failed', url.origin, ADDRESS_NOT_PUBLIC);
}
