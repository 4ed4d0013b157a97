/** A rate-limit bucket as the headers of one answer describe it. */
export interface GitHubRate {
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds since the epoch, by GitHub's clock. */
  readonly resetAtMs: number;
  /** `core`, `search`, `code_search`, … */
  readonly resource: string;
}

/** Reads `x-ratelimit-*`; null when limits are off (the GHES default) or the headers make no sense. */
export function readRate(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): GitHubRate | null {
  const limit = count(headers['x-ratelimit-limit']);
  const remaining = count(headers['x-ratelimit-remaining']);
  const reset = count(headers['x-ratelimit-reset']);
  if (limit === undefined || remaining === undefined || reset === undefined) return null;
  const resource = headers['x-ratelimit-resource'];
  const named = typeof resource === 'string' && /^[a-z_]{1,40}$/.test(resource);
  return { limit, remaining, resetAtMs: reset * 1000, resource: named ? resource : 'core' };
}

function count(value: string | string[] | undefined): number | undefined {
  return typeof value === 'string' && /^\d{1,12}$/.test(value) ? Number(value) : undefined;
}
