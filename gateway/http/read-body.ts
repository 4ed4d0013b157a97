import type { IncomingMessage } from 'node:http';

export type BodyReading =
  | { readonly ok: true; readonly body: Buffer }
  | { readonly ok: false; readonly reason: 'too_large' | 'encoded' | 'aborted' | 'no_room' };

/**
 * Reads a request body once, up to a cap, and as long as `reserve` sets memory aside for it: the length that is announced
 * before anything is read, and chunk by chunk where none is. A body with a content coding is refused: a few kilobytes of it can
 * unfold to gigabytes. What is refused is not read on: who asked answers, and closes the connection.
 */
export async function readBody(
  req: IncomingMessage,
  maxBytes: number,
  reserve: (bytes: number) => boolean = () => true,
): Promise<BodyReading> {
  // Gone before anybody reads it: no event would tell.
  if (req.destroyed) return { ok: false, reason: 'aborted' };
  const encoding = req.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') return { ok: false, reason: 'encoded' };
  const announced = Number(req.headers['content-length'] ?? 0);
  if (announced > maxBytes) return { ok: false, reason: 'too_large' };
  if (!reserve(announced)) return { ok: false, reason: 'no_room' };
  return await new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (reading: BodyReading) => {
      req.off('data', onData);
      req.off('end', onEnd);
      req.off('error', onGone);
      req.off('close', onGone);
      if (!reading.ok) req.pause();
      resolve(reading);
    };
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) settle({ ok: false, reason: 'too_large' });
      else if (announced === 0 && !reserve(chunk.length)) settle({ ok: false, reason: 'no_room' });
      else chunks.push(chunk);
    };
    const onEnd = () => {
      const [only] = chunks;
      const body = only !== undefined && chunks.length === 1 ? only : Buffer.concat(chunks, size);
      settle({ ok: true, body });
    };
    const onGone = () => {
      settle({ ok: false, reason: 'aborted' });
    };
    req.on('data', onData);
    req.on('end', onEnd);
    req.on('error', onGone);
    req.on('close', onGone);
  });
}
