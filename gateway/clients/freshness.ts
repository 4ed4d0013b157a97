const MIN_SECONDS = 30;
const MAX_SECONDS = 24 * 60 * 60;
/** For documents that say nothing: they rarely change, and every fetch is a chance to fail. */
const DEFAULT_SECONDS = 60 * 60;

/** How long a document is used without asking again, in seconds (RFC 9111 §5.2.2.1), within bounds of ours. */
export function freshSeconds(cacheControl: string | undefined): number {
  const stated = /(?:^|,)\s*max-age\s*=\s*"?(\d{1,12})/i.exec(cacheControl ?? '')?.[1];
  const seconds = stated === undefined ? unstated(cacheControl) : Number(stated);
  return Math.min(MAX_SECONDS, Math.max(MIN_SECONDS, seconds));
}

function unstated(cacheControl: string | undefined): number {
  return /no-store|no-cache/i.test(cacheControl ?? '') ? MIN_SECONDS : DEFAULT_SECONDS;
}
