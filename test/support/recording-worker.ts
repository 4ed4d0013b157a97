import { createServer } from 'node:http';
import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request as it reached the worker's socket. */
export interface RecordedRequest {
  readonly method: string;
  readonly target: string;
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
  /** Resolves when the gateway closed the exchange before it was answered in full. */
  readonly cutOff: Promise<void>;
}

/** A worker that writes down what a gateway sends and answers what a test tells it to. */
export interface RecordingWorker {
  readonly url: string;
  readonly requests: readonly RecordedRequest[];
  /** Resolves with the next request. */
  next(): Promise<RecordedRequest>;
  /** Answers every later request; without one the worker answers an empty JSON-RPC result. */
  answerWith(answer: (res: ServerResponse) => void): void;
  close(): Promise<void>;
}

export async function startRecordingWorker(): Promise<RecordingWorker> {
  const requests: RecordedRequest[] = [];
  let waiting: ((request: RecordedRequest) => void)[] = [];
  let answer = answerEmptyResult;
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const cutOff = new Promise<void>((resolve) => {
        res.once('close', () => {
          if (!res.writableFinished) resolve();
        });
      });
      const { method = '', url: target = '', headers, rawHeaders } = req;
      const request = { method, target, headers, rawHeaders, body: Buffer.concat(chunks).toString(), cutOff };
      requests.push(request);
      const notified = waiting;
      waiting = [];
      answer(res);
      for (const notify of notified) notify(request);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`,
    requests,
    next: async () => await new Promise((resolve) => waiting.push(resolve)),
    answerWith: (next) => (answer = next),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function answerEmptyResult(res: ServerResponse): void {
  res.writeHead(200, { 'content-type': 'application/json' }).end('{"jsonrpc":"2.0","id":1,"result":{}}');
}
