import type { IncomingMessage } from 'node:http';

export type BodyReading =
  | { readonly ok: true; readonly body: Buffer }
  | { readonly ok: false; readonly reason: 'too_large' | 'encoded' | 'aborted' };

/**
 * Reads a request body once, up to a cap. A body with a content coding is refused: a few kilobytes of it can
 * unfold to gigabytes.
 */
export async function readBody(req: IncomingMessage, maxBytes: number): Promise<BodyReading> {
  const encoding = req.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') return { ok: false, reason: 'encoded' };
  if (Number(req.headers['content-length'] ?? 0) > maxBytes) return { ok: false, reason: 'too_large' };
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of req as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) return { ok: false, reason: 'too_large' };
      chunks.push(chunk);
    }
  } catch {
    return { ok: false, reason: 'aborted' };
  }
  return { ok: true, body: Buffer.concat(chunks, size) };
}
