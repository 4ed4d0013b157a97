import type { Context, Library, Next } from './context.ts';
import { PAGE_HEADERS, returnPage } from '../../pages/index.ts';
import { redirectTarget } from '../../clients/index.ts';
import { interactionPath } from '../../http/index.ts';

interface Answered {
  readonly error: string;
  readonly error_description?: string;
}

/**
 * Keeps answers at the authorization endpoint from leaving before a person has decided (RFC 9700 §4.11.2): a client that
 * registered itself chose its redirect URI, and a link to us would send anybody there, or open a program. Its errors
 * become a page with the target and a way back; `prompt=none` too. At once go errors to loopback, where a program waits,
 * and to clients of the operator. From the decision on, allowed or denied, everything is sent on.
 */
export function createUndecidedErrors(isOperatorsClient: (clientId: string) => boolean) {
  const answered = new WeakMap<Context, Answered>();
  return {
    /** Notes what the library is about to answer. */
    subscribe: (provider: Library) => {
      provider.on('authorization.error', (ctx, { error, error_description: description }) => {
        answered.set(ctx, {
          error,
          ...(description === undefined ? {} : { error_description: description }),
        });
      });
    },
    middleware: async (ctx: Context, next: Next): Promise<void> => {
      await next();
      const redirectUri = undecidedTarget(ctx, isOperatorsClient);
      if (redirectUri === undefined) return;
      const answer = answered.get(ctx) ?? { error: 'server_error' };
      const back = withError(redirectUri, { ...answer, ...stateOf(ctx), iss: ctx.oidc.provider.issuer });
      ctx.remove('location');
      ctx.status = 400;
      ctx.set({ ...PAGE_HEADERS });
      const requestId = ctx.res.getHeader('x-request-id')?.toString();
      ctx.body = returnPage({ error: answer.error, target: redirectUri, back, requestId });
    },
  };
}

/** Where an answer would go that must not go by itself; undefined for everything else. */
function undecidedTarget(ctx: Context, isOperatorsClient: (clientId: string) => boolean): string | undefined {
  if (isDecided(ctx) || isOwnAnswer(ctx)) return undefined;
  const { client, params } = ctx.oidc;
  const redirectUri = params?.['redirect_uri'];
  if (client === undefined || typeof redirectUri !== 'string') return undefined;
  const isAwaited = redirectTarget(redirectUri).kind === 'loopback' || isOperatorsClient(client.clientId);
  return isAwaited ? undefined : redirectUri;
}

/** Whether a person has decided, or there is nothing to decide on this path. */
function isDecided(ctx: Context): boolean {
  // The library makes none for a path that it does not know.
  const oidc = ctx.oidc as Context['oidc'] | undefined;
  if (oidc?.route === 'authorization') return false;
  // Every result is written after a button of our consent page was pressed.
  return oidc?.route !== 'resume' || oidc.entities.Interaction?.result !== undefined;
}

/** A page of ours, or the way to the consent page. */
function isOwnAnswer({ res }: Context): boolean {
  const location = res.getHeader('location');
  if (typeof location === 'string') return location.startsWith(interactionPath(''));
  return res.getHeader('content-security-policy') === PAGE_HEADERS['content-security-policy'];
}

function stateOf(ctx: Context): { state?: string } {
  const state = ctx.oidc.params?.['state'];
  return typeof state === 'string' ? { state } : {};
}

function withError(redirectUri: string, answer: Readonly<Record<string, string>>): string {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries(answer)) url.searchParams.set(name, value);
  return url.href;
}
