import type { Request } from 'express';
import type { Provider } from 'oidc-provider';
import type { EventBus } from '../../shared/ops/index.ts';

/** Turns oidc-provider's events into ours. `error_detail` is the library's closed text, never client input. */
export function subscribeProviderEvents(
  provider: Provider,
  deps: { events: EventBus; onFault: (error: unknown, req: Request | undefined) => void },
): void {
  const { events } = deps;
  provider.on('registration_create.success', (_ctx, client) => {
    events.emit({ type: 'client.registered', clientId: client.clientId });
  });
  provider.on('grant.error', (ctx, error) => {
    const grantType = ctx.oidc.params?.['grant_type'];
    events.emit({
      type: 'token.refused',
      reason: error.error,
      ...(typeof grantType === 'string' ? { grantType } : {}),
    });
    if (error.status >= 500) deps.onFault(error, undefined);
  });
  provider.on('authorization.error', (_ctx, error) => {
    events.emit({ type: 'login.failed', reason: error.error });
    if (error.status >= 500) deps.onFault(error, undefined);
  });
  provider.on('server_error', (_ctx, error) => {
    deps.onFault(error, undefined);
  });
}
