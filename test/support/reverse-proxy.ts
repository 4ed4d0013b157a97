import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request that passed, and the status it was answered with (0 while there is none). */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  body: string;
  status: number;
}

/**
 * A reverse proxy on loopback that writes down what passes. It keeps every header as it came, `Host` and `Origin`
 * included, streams both ways, and ends a call when its client goes away.
 */
export interface ReverseProxy {
  readonly url: string;
  readonly exchanges: readonly Exchange[];
  /** Names the gateway, and headers (flat list) to add to every request; before that requests are refused with 503. */
  forward(gateway: string, addedHeaders?: readonly string[]): void;
  close(): Promise<void>;
}

export async function startReverseProxy(): Promise<ReverseProxy> {
  const exchanges: Exchange[] = [];
  let target: { port: string; added: readonly string[] } | undefined;
  const server = createServer((req, res) => {
    const { method = '', url: path = '', headers } = req;
    const exchange = { method, path, headers, body: '', status: 0 };
    exchanges.push(exchange);
    if (target === undefined) res.writeHead(503).end();
    else pass(req, res, { ...target, exchange });
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return {
    url: `http://localhost:${String((server.address() as AddressInfo).port)}`,
    exchanges,
    forward: (gateway, addedHeaders = []) => {
      target = { port: new URL(gateway).port, added: addedHeaders };
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function pass(
  req: IncomingMessage,
  res: ServerResponse,
  to: { port: string; added: readonly string[]; exchange: Exchange },
): void {
  const { method, url: path, rawHeaders } = req;
  const headers = [...rawHeaders, ...to.added];
  const onward = request({ host: '127.0.0.1', port: to.port, method, path, headers, agent: false });
  onward.on('response', (answer) => {
    to.exchange.status = answer.statusCode ?? 0;
    res.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
    res.flushHeaders();
    answer.on('error', () => res.destroy());
    answer.pipe(res);
  });
  onward.on('error', () => res.destroy());
  res.on('close', () => onward.destroy());
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => (to.exchange.body = Buffer.concat(chunks).toString('utf8')));
  req.pipe(onward);
}
