/** The first stateless revision: version, method and name travel in every request (MCP 2026-07-28, versioning). */
const FIRST_MODERN = '2026-07-28';

/** Compared as text, exactly as the worker's SDK does: a version that the two judged differently would be a bypass. */
export function isModernVersion(version: string): boolean {
  return version >= FIRST_MODERN;
}
