import { connect } from 'node:net';

/** How long a peer may take to answer bytes that are malformed on purpose (ms). */
const PATIENCE_MS = 5_000;

/**
 * Sends bytes as they are and answers everything received until the peer closes: the only way to say what no HTTP
 * client would. The sending side stays open, since Node drops a request whose client has closed it.
 * @throws when the peer does not close: ask it to with `connection: close`
 */
export async function rawExchange(base: string, bytes: string | Uint8Array): Promise<string> {
  const { port } = new URL(base);
  return await new Promise((resolve, reject) => {
    const socket = connect(Number(port), '127.0.0.1');
    let received = '';
    const late = setTimeout(() => {
      socket.destroy();
      reject(new Error(`the connection stayed open; received ${JSON.stringify(received.slice(0, 200))}`));
    }, PATIENCE_MS);
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => (received += chunk));
    // A peer that refuses early may reset while we are still sending: what it said before counts.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      clearTimeout(late);
      resolve(received);
    });
    socket.write(bytes);
  });
}

/** Statuses of the answers in a raw exchange, interim ones included. */
export function statusesIn(received: string): number[] {
  return [...received.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));
}

/** A request head and body as text; `connection: close` unless the headers say otherwise. */
export function rawRequest(line: string, headers: readonly string[] = [], body = ''): string {
  const own = headers.some((header) => /^connection:/i.test(header)) ? [] : ['connection: close'];
  return [`${line} HTTP/1.1`, ...headers, ...own, '', body].join('\r\n');
}
