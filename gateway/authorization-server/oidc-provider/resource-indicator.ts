import type { Resource } from '../../../shared/resources.ts';

/**
 * Finds the protected resource a `resource` value names (RFC 8707 §2). Scheme and host compare without case and
 * a trailing slash is accepted, as MCP asks of servers; anything else must be equal. Undefined = `invalid_target`.
 */
export function findResource(resources: readonly Resource[], value: string): Resource | undefined {
  const canonical = canonicalise(value);
  return resources.find((resource) => resource.identifier === canonical);
}

function canonicalise(value: string): string | undefined {
  if (!/^https?:\/\/[^\s#?\\@]+$/i.test(value) || !URL.canParse(value)) return undefined;
  const origin = /^(https?:\/\/[^/]+)(.*)$/i.exec(value);
  return origin ? `${(origin[1] ?? '').toLowerCase()}${(origin[2] ?? '').replace(/\/$/, '')}` : undefined;
}
