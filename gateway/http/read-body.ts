import type { IncomingMessage } from 'node:http';

export type BodyReading =
  | { readonly ok: true; readonly body: Buffer }
  | { readonly ok: false; readonly reason: 'too_large' | 'encoded' | 'aborted' | 'no_room' };

/**
 * Reads a request body once, up to a cap, and as long as `reserve` sets memory aside for it: the length that is announced
 * before anything is read, and chunk by chunk where none is. A body with a content coding is refused: a few kilobytes of it can
 * unfold to gigabytes.
 */
export async function readBody(
  req: IncomingMessage,
  maxBytes: number,
  reserve: (bytes: number) => boolean = () => true,
): Promise<BodyReading> {
  const encoding = req.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') return { ok: false, reason: 'encoded' };
  const announced = Number(req.headers['content-length'] ?? 0);
  if (announced > maxBytes) return { ok: false, reason: 'too_large' };
  if (!reserve(announced)) return { ok: false, reason: 'no_room' };
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of req as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > maxBytes) return { ok: false, reason: 'too_large' };
      if (announced === 0 && !reserve(chunk.length)) return { ok: false, reason: 'no_room' };
      chunks.push(chunk);
    }
  } catch {
    return { ok: false, reason: 'aborted' };
  }
  return { ok: true, body: Buffer.concat(chunks, size) };
}
