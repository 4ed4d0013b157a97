import type { IncomingMessage } from 'node:http';
import type { Context, Next } from './context.ts';
import type { DeviceCodeFault } from '../../pages/index.ts';
import { devicePage, messagePage, PAGE_HEADERS } from '../../pages/index.ts';
import { ROUTES } from '../../http/index.ts';

const MAX_SHOWN_CHARACTERS = 20;

const offered = new WeakMap<IncomingMessage, string>();

/** Notes a user code that came in a link, to fill the field with. */
export function offerUserCode(req: IncomingMessage, userCode: string | null): void {
  if (userCode !== null && /^[\w-]{1,20}$/.test(userCode)) offered.set(req, userCode);
}

/** oidc-provider's names for what can be wrong with a code. */
const FAULTS: Readonly<Record<string, DeviceCodeFault>> = {
  NoCodeError: 'missing',
  NotFoundError: 'unknown',
  ExpiredError: 'expired',
  AlreadyUsedError: 'used',
  AbortedError: 'cancelled',
};

/**
 * The pages of the device flow. There is no page between the code and the consent page: that one asks whether the
 * person started this, and shows the code again (RFC 8628 §5.4).
 */
export const deviceSources = {
  charset: 'base-20' as const,
  mask: '****-****',
  deviceInfo: () => ({}),
  userCodeInputSource: (
    ctx: Context,
    _form: string,
    _out?: unknown,
    error?: Error & { userCode?: string },
  ) => {
    const fault = error === undefined ? undefined : (FAULTS[error.name] ?? 'failed');
    showEntry(ctx, { userCode: error?.userCode ?? offered.get(ctx.req), fault });
  },
  /** The box was not ticked; the library has changed nothing of the code yet. */
  userCodeConfirmSource: (ctx: Context) => {
    const userCode = ctx.oidc.params?.['user_code'];
    showEntry(ctx, { userCode: typeof userCode === 'string' ? userCode : undefined, fault: 'unconfirmed' });
  },
  successSource: (ctx: Context) => {
    ctx.set({ ...PAGE_HEADERS });
    ctx.body = messagePage({
      title: 'The device is connected',
      explanation: 'It signs in within a few seconds.',
      next: 'You can close this page. What you allowed can be ended at any time under /account.',
    });
  },
};

function showEntry(
  ctx: Context,
  { userCode, fault }: { userCode: string | undefined; fault: DeviceCodeFault | undefined },
): void {
  // Not 200, as the library has it: wrong codes are counted by their status.
  ctx.status = fault === undefined || fault === 'cancelled' ? 200 : 400;
  ctx.set({ ...PAGE_HEADERS });
  ctx.body = devicePage({
    action: ROUTES.device,
    csrfToken: (ctx.oidc.session?.state as { secret?: string } | undefined)?.secret ?? '',
    userCode: userCode?.slice(0, MAX_SHOWN_CHARACTERS),
    fault,
  });
}

/**
 * Answers a code, or a way back, of a browser that the page was not shown to. The library refuses it as well, and then fails
 * while it saves the session that this browser does not have.
 */
export const answerMissingSession =
  (support: string | undefined) =>
  async (ctx: Context, next: Next): Promise<void> => {
    try {
      await next();
    } catch (error) {
      const isDevicePage = ctx.path === ROUTES.device || ctx.path.startsWith(`${ROUTES.device}/`);
      if (!isDevicePage || !(error instanceof TypeError) || ctx.oidc.session?.exp !== undefined) throw error;
      ctx.status = 403;
      ctx.set({ ...PAGE_HEADERS });
      ctx.body = messagePage({
        title: 'This form has expired',
        explanation:
          'The page with the form was opened in another browser, or too long ago. The code was not used.',
        next: 'Open the page that your device names and enter the code again.',
        requestId: ctx.res.getHeader('x-request-id')?.toString(),
        support,
      });
    }
  };
