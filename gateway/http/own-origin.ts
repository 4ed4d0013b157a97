import type { Request } from 'express';

/** Whether a form came from a page of ours: cross-site forms carry their own Origin; browsers that send none say `Sec-Fetch-Site`. */
export function isFromOwnOrigin(req: Request, publicUrl: string): boolean {
  const { origin } = req.headers;
  if (origin === publicUrl) return true;
  return origin === undefined && req.headers['sec-fetch-site'] === 'same-origin';
}
