import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { once } from 'node:events';

export interface Received {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface Receiver {
  readonly url: string;
  readonly received: Received[];
  /** The status of the answers; 0 cuts the connection instead, -1 never answers. */
  answerWith: number;
  close(): void;
}

/** Takes webhooks on a free loopback port. */
export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ headers: request.headers, body: Buffer.concat(chunks) });
      if (receiver.answerWith === 0) response.socket?.destroy();
      else if (receiver.answerWith > 0) {
        response.writeHead(receiver.answerWith, { location: '/elsewhere' }).end();
      }
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const receiver: Receiver = {
    url: `http://127.0.0.1:${String(port)}/webhooks/github`,
    received,
    answerWith: 202,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  return receiver;
}
