// The mechanism of our proxy and nothing else: http-proxy-middleware with its transport replaced, a token looked up in a
// map, the body read once, undici behind it. What is missing to it is what the complete path costs. A contender of
// `npm run bench -- proxy`.

import { once } from 'node:events';
import { createServer, IncomingMessage, ServerResponse } from 'node:http';
import { createProxyMiddleware } from 'http-proxy-middleware';
import { Pool } from 'undici';

const { PORT = '0', BACK_END = '', TOKEN = '' } = process.env;
const pool = new Pool(BACK_END, { connections: 128, pipelining: 1 });
const known = new Map([[`Bearer ${TOKEN}`, true]]);
const bodies = new WeakMap<IncomingMessage, Buffer>();
const done = new WeakMap<IncomingMessage, () => void>();

const middleware = createProxyMiddleware({
  target: 'http://127.0.0.1:0',
  ejectPlugins: true,
  plugins: [
    (server) => {
      server.before('web', '', (req, res) => {
        if (!(req instanceof IncomingMessage) || !(res instanceof ServerResponse)) return;
        pass(req, res);
        return true;
      });
    },
  ],
});

function pass(req: IncomingMessage, res: ServerResponse): void {
  const headers = ['content-type', 'application/json', 'authorization', req.headers.authorization ?? ''];
  const body = bodies.get(req) ?? Buffer.alloc(0);
  pool.dispatch(
    { path: req.url ?? '/', method: 'POST', headers, body },
    {
      onRequestStart: () => undefined,
      onResponseStart: (_controller, status, answer) => {
        res.writeHead(status, { 'content-type': String(answer['content-type'] ?? '') });
      },
      onResponseData: (_controller, chunk) => void res.write(chunk),
      onResponseEnd: () => {
        res.end();
        done.get(req)?.();
      },
      onResponseError: () => {
        res.destroy();
        done.get(req)?.();
      },
    },
  );
}

const server = createServer((req, res) => {
  if (known.get(req.headers.authorization ?? '') === undefined) {
    res.writeHead(401).end();
    return;
  }
  const chunks: Buffer[] = [];
  req.on('data', (chunk: Buffer) => chunks.push(chunk));
  req.on('end', () => {
    const [first = Buffer.alloc(0)] = chunks;
    bodies.set(req, chunks.length === 1 ? first : Buffer.concat(chunks));
    void middleware(req, res);
  });
});
await once(server.listen(Number(PORT), '127.0.0.1'), 'listening');
process.stdout.write('{"msg":"ready"}\n');
process.once('SIGTERM', () => process.exit(0));
