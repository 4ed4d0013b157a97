import type { Request } from 'express';
import type { errors, Provider } from 'oidc-provider';
import type { EventBus } from '../../shared/ops/index.ts';

interface Told {
  readonly events: EventBus;
  readonly onFault: (error: unknown, req: Request | undefined) => void;
}

/** A token request that was refused: `invalid_grant` and its like are events, what is our fault is a fault as well. */
export function tellTokenRefused(
  { events, onFault }: Told,
  error: errors.OIDCProviderError,
  grantType: unknown,
): void {
  events.emit({
    type: 'token.refused',
    reason: error.error,
    ...(typeof grantType === 'string' ? { grantType } : {}),
  });
  if (error.status >= 500) onFault(error, undefined);
}

/** Turns oidc-provider's events into ours. `error_detail` is the library's closed text, never client input. */
export function subscribeProviderEvents(provider: Provider, deps: Told): void {
  const { events } = deps;
  provider.on('registration_create.success', (_ctx, client) => {
    events.emit({ type: 'client.registered', clientId: client.clientId });
  });
  provider.on('grant.error', (ctx, error) => {
    tellTokenRefused(deps, error, ctx.oidc.params?.['grant_type']);
  });
  provider.on('authorization.error', (ctx, error) => {
    // Our own pages ended the interaction with this error, and told of it with the reason.
    const isTold = ctx.oidc.entities.Interaction?.result?.['error'] !== undefined;
    if (!isTold) events.emit({ type: 'login.failed', reason: error.error });
    if (error.status >= 500) deps.onFault(error, undefined);
  });
  provider.on('server_error', (_ctx, error) => {
    deps.onFault(error, undefined);
  });
}
