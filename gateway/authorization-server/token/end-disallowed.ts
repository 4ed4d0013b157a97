import type { IsAllowedClient } from '../../clients/index.ts';
import type { RefreshTokens } from '../../grants/index.ts';
import type { AnyGrants } from '../../standing/index.ts';
import { parseRefreshToken } from '../../grants/index.ts';

/**
 * Ends the grant that a client refreshes which the operator no longer allows; the refresh itself is refused as that of an
 * unknown client. The token must be genuine and the client's own: nobody ends somebody else's grant by naming it.
 */
export function endDisallowed(deps: {
  readonly grants: Pick<AnyGrants, 'find' | 'end'>;
  readonly refreshTokens: Pick<RefreshTokens, 'isAuthentic'>;
  readonly isAllowedClient: IsAllowedClient;
}) {
  return async (request: { readonly clientId: string; readonly refreshToken: string }): Promise<void> => {
    if (deps.isAllowedClient(request.clientId)) return;
    const presented = parseRefreshToken(request.refreshToken);
    const found = presented && (await deps.grants.find(presented.grantId));
    if (presented === undefined || found === undefined || found.data.clientId !== request.clientId) return;
    const family = found.data.refresh;
    if (family === null || !deps.refreshTokens.isAuthentic(family, presented)) return;
    await deps.grants.end(presented.grantId, 'client_not_allowed');
  };
}
