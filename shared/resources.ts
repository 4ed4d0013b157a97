/**
 * A protected resource of this gateway (RFC 9728). Grants, metadata, challenges and worker pools take a
 * Resource, so that further MCP back ends become entries here and nothing else.
 */
export interface Resource {
  /** Path of the MCP endpoint on the gateway. */
  readonly path: string;
  /** The resource identifier (RFC 8707): the `aud` of its access tokens. */
  readonly identifier: string;
  readonly name: string;
}

/** Their paths, which are known before any configuration is. */
export const RESOURCE_PATHS: readonly string[] = ['/mcp'];

/** The resources served under the gateway's public origin. */
export function resourcesOf(publicUrl: string): readonly [Resource, ...Resource[]] {
  return [{ path: '/mcp', identifier: `${publicUrl}/mcp`, name: 'GitHub through Octocode' }];
}
