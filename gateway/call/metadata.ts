import { Router } from 'express';
import type { Resource } from '../../shared/resources.ts';
import { resourceMetadataPath } from '../http/index.ts';

/** Where the metadata of a resource is served: the well-known path before the resource's own (RFC 9728 §3.1). */
export function metadataUrl(publicUrl: string, resource: Resource): string {
  return `${publicUrl}${resourceMetadataPath(resource.path)}`;
}

/**
 * Serves protected resource metadata (RFC 9728 §2). `scopes_supported` is the baseline, not everything: clients
 * ask for all of it at once (MCP authorization, scope selection).
 */
export function createMetadataRoutes(rules: {
  publicUrl: string;
  resources: readonly [Resource, ...Resource[]];
  baselineScopes: readonly string[];
  /** Whether pages of every origin may read it. */
  cors: boolean;
}): Router {
  const router = Router({ caseSensitive: true, strict: true });
  const document = (resource: Resource) => ({
    resource: resource.identifier,
    authorization_servers: [rules.publicUrl],
    scopes_supported: rules.baselineScopes,
    bearer_methods_supported: ['header'],
    resource_name: resource.name,
  });
  const serve = (path: string, resource: Resource) => {
    const body = JSON.stringify(document(resource));
    router.all(path, (req, res) => {
      if (rules.cors) res.set({ 'access-control-allow-origin': '*' });
      if (rules.cors && req.method === 'OPTIONS') {
        // Clients in browsers send these two with every request, which makes a preflight of a plain GET.
        res.set({
          'access-control-allow-methods': 'GET, HEAD',
          'access-control-allow-headers': 'content-type, mcp-protocol-version',
          'access-control-max-age': '3600',
        });
      }
      if (req.method !== 'GET' && req.method !== 'HEAD') {
        res
          .status(req.method === 'OPTIONS' ? 204 : 405)
          .set('allow', 'GET, HEAD')
          .end();
        return;
      }
      res.set({ 'content-type': 'application/json', 'cache-control': 'public, max-age=300' }).send(body);
    });
  };
  for (const resource of rules.resources) serve(resourceMetadataPath(resource.path), resource);
  // Clients that know only the root form get the first resource.
  serve(resourceMetadataPath(''), rules.resources[0]);
  return router;
}
