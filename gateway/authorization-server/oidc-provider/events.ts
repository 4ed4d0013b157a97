import type { errors, Provider } from 'oidc-provider';
import type { Logger } from '../../../shared/logger.ts';
import type { Platform } from '../../../shared/platform/index.ts';
import { Unavailable } from '../../grants/index.ts';
import { refusedOf } from './errors.ts';

type Told = Pick<Platform, 'events' | 'logger'>;

/**
 * A token request that was refused. Event and log have the reason, which the client is not told: they answer "why was I
 * logged out". What is our fault is a fault as well.
 */
export function tellTokenRefused(
  { events, logger }: Told,
  error: errors.OIDCProviderError,
  of: { readonly grantType: unknown; readonly clientId: unknown },
): void {
  const refused = refusedOf(error);
  const told = {
    reason: refused?.reason ?? error.error,
    ...(typeof of.grantType === 'string' ? { grantType: of.grantType } : {}),
    ...(typeof of.clientId === 'string' ? { clientId: of.clientId } : {}),
    ...(refused?.grant === undefined ? {} : { grantId: refused.grant.grantId, ended: refused.grant.ended }),
  };
  events.emit({ type: 'token.refused', ...told });
  if (error.status >= 500) tellFault(logger, error, 'a token request could not be answered', told);
  else if (refused !== undefined) logger.info(told, 'a token request was refused');
}

/** Turns oidc-provider's events into ours. */
export function subscribeProviderEvents(provider: Provider, deps: Told): void {
  const { events, logger } = deps;
  provider.on('registration_create.success', (_ctx, client) => {
    events.emit({ type: 'client.registered', clientId: client.clientId });
  });
  provider.on('grant.error', (ctx, error) => {
    const { client, params } = ctx.oidc;
    // Only a client that exists: what else was sent as its name is a stranger's text.
    tellTokenRefused(deps, error, { grantType: params?.['grant_type'], clientId: client?.clientId });
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
function tellFault(
  logger: Logger,
  error: errors.OIDCProviderError,
  message: string,
  told: Readonly<Record<string, unknown>> = {},
): void {
  if (error.cause instanceof Unavailable) logger.warn({ ...told, part: error.cause.part }, message);
  else logger.error({ err: error, ...told }, message);
}
