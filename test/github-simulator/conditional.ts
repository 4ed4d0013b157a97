import { createHash } from 'node:crypto';
import type { Request, Response } from 'express';

export interface Representation {
  readonly body: Buffer;
  readonly type: string;
}

export function jsonRepresentation(value: unknown, type = 'application/json'): Representation {
  return { body: Buffer.from(JSON.stringify(value)), type: `${type}; charset=utf-8` };
}

/** Sends 200 with an ETag, or 304 when the caller holds this very representation; a 304 costs nothing. */
export function sendConditional(
  request: Request,
  response: Response,
  { content, refund }: { readonly content: Representation; readonly refund: () => void },
): void {
  const digest = createHash('sha256').update(content.type).update(content.body).digest('hex');
  const etag = `W/"${digest}"`;
  response.set({ etag, vary: 'Accept, Authorization, Cookie, X-GitHub-OTP' });
  if (namesTag(request.headers['if-none-match'], etag)) {
    refund();
    response.status(304).end();
    return;
  }
  response.status(200).set('content-type', content.type).end(content.body);
}

// Weak comparison (RFC 9110 §8.8.3.2).
function namesTag(header: string | undefined, etag: string): boolean {
  const opaque = (tag: string): string => tag.trim().replace(/^W\//, '');
  return header?.split(',').some((tag) => tag.trim() === '*' || opaque(tag) === opaque(etag)) === true;
}
