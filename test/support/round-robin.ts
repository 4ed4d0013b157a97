import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A load balancer without stickiness: every request goes to the next back end, whatever its connection. */
export interface RoundRobin {
  readonly url: string;
  /** Index of the back end of every request so far. */
  readonly served: readonly number[];
  /** Takes the back ends; requests before that are refused. */
  balance(backEnds: readonly string[]): void;
  close(): Promise<void>;
}

export async function startRoundRobin(): Promise<RoundRobin> {
  const served: number[] = [];
  let targets: readonly string[] = [];
  const server = createServer((req, res) => {
    const index = served.length % Math.max(1, targets.length);
    const target = targets[index];
    if (target === undefined) {
      res.writeHead(503).end();
      return;
    }
    served.push(index);
    const { port } = new URL(target);
    const { method, url: path, headers } = req;
    // A fresh connection each time, with the client's own Host.
    const onward = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (answer) => {
      res.writeHead(answer.statusCode ?? 502, answer.rawHeaders);
      answer.pipe(res);
    });
    onward.on('error', () => res.destroy());
    req.pipe(onward);
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  return {
    url: `http://localhost:${String((server.address() as AddressInfo).port)}`,
    served,
    balance: (backEnds) => {
      targets = backEnds;
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
