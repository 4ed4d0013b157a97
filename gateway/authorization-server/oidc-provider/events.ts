import type { errors, Provider } from 'oidc-provider';
import type { Logger } from '../../../shared/logger.ts';
import type { Platform } from '../../../shared/platform/index.ts';
import { Unavailable } from '../../grants/index.ts';

type Told = Pick<Platform, 'events' | 'logger'>;

/** Turns oidc-provider's events into ours. */
export function subscribeProviderEvents(provider: Provider, deps: Told): void {
  const { events, logger } = deps;
  provider.on('registration_create.success', (_ctx, client) => {
    events.emit({ type: 'client.registered', clientId: client.clientId });
  });
  provider.on('authorization.error', (ctx, error) => {
    // Our own pages ended the interaction with this error, and told of it with the reason.
    const isTold = ctx.oidc.entities.Interaction?.result?.['error'] !== undefined;
    if (!isTold) events.emit({ type: 'login.failed', reason: error.error });
    if (error.status >= 500) tellFault(logger, error, 'an authorization request could not be answered');
  });
  provider.on('server_error', (_ctx, error) => {
    logger.error({ err: error }, 'a request met a fault of ours');
  });
}

/** What is full because strangers fill it is a line without a stack: a flood of them is no flood of faults. */
function tellFault(logger: Logger, error: errors.OIDCProviderError, message: string): void {
  if (error.cause instanceof Unavailable) logger.warn({ part: error.cause.part }, message);
  else logger.error({ err: error }, message);
}
