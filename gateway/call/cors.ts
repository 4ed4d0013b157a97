import type { IncomingMessage, ServerResponse } from 'node:http';

/** Headers a page of an allowed origin may send and read. */
const REQUEST_HEADERS = [
  'authorization',
  'content-type',
  'accept',
  'mcp-protocol-version',
  'mcp-method',
  'mcp-name',
  'last-event-id',
];
const RESPONSE_HEADERS = 'www-authenticate, mcp-protocol-version, x-request-id';

/** Arguments mirrored into headers (MCP 2026-07-28, `x-mcp-header`): their names are the tools', so no list has them. */
const PARAMETER_HEADER = /^mcp-param-[!#$%&'*+.^_`|~0-9a-z-]{1,100}$/;

/**
 * Lets a page whose origin was allowed before read the answer, and answers its preflight; true when that was all.
 * Never `access-control-allow-credentials`: the endpoint looks at no cookie, a page brings its own bearer token, and
 * without it a browser attaches nothing of its own.
 */
export function allowPage(req: IncomingMessage, res: ServerResponse): boolean {
  const { origin } = req.headers;
  if (origin === undefined) return false;
  res.setHeader('access-control-allow-origin', origin);
  res.setHeader('access-control-expose-headers', RESPONSE_HEADERS);
  res.setHeader('vary', 'Origin');
  if (req.method !== 'OPTIONS') return false;
  const asked = req.headers['access-control-request-headers'] ?? '';
  res.writeHead(204, {
    'access-control-allow-methods': 'POST',
    'access-control-allow-headers': [...REQUEST_HEADERS, ...parameterHeaders(asked)].join(', '),
    'access-control-max-age': '3600',
    vary: 'Origin, Access-Control-Request-Headers',
  });
  res.end();
  return true;
}

/** `*` would not cover requests with Authorization (Fetch, CORS protocol): the names asked for are said back. */
function parameterHeaders(asked: string): string[] {
  const names = asked.split(',').map((name) => name.trim().toLowerCase());
  return names.filter((name) => PARAMETER_HEADER.test(name));
}
