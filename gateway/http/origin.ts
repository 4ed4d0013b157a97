/**
 * Whether a request with this `Origin` may reach an MCP endpoint (DNS rebinding, MCP streamable-http): absent
 * means a program, present must be ours or one the operator allowed, compared exactly.
 */
export function isAllowedOrigin(origin: string | undefined, allowed: readonly string[]): boolean {
  return origin === undefined || allowed.includes(origin);
}
