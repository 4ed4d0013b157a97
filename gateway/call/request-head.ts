import type { IncomingMessage } from 'node:http';
import accepts from 'accepts';

/** What MCP clients send, as their specification asks: the rest is parsed. */
const TAKES_BOTH = new Set([
  'application/json, text/event-stream',
  'text/event-stream, application/json',
  '*/*',
]);

/** A client that names its types and leaves event streams out gets JSON (RFC 9110 §12.5.1). */
export function takesStreams(req: IncomingMessage): boolean {
  const { accept } = req.headers;
  if (accept === undefined || TAKES_BOTH.has(accept)) return true;
  return accepts(req).type('text/event-stream') !== false;
}

/** A field of the request; repeated, it is the list that Node makes of it, which equals nothing (RFC 9110 §5.3). */
export function headerOf(req: IncomingMessage, name: string): string | undefined {
  const value = req.headers[name];
  return typeof value === 'string' ? value : undefined;
}
