/** The first stateless revision: version, method and name travel in every request (MCP 2026-07-28, versioning). */
const FIRST_MODERN = '2026-07-28';

/** Revisions sort as dates: whatever is as new as the first stateless one is modern, known to us or not. */
export function isModernVersion(version: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(version) && version >= FIRST_MODERN;
}
