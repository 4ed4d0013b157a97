import type { Context, Next } from './context.ts';
import { messagePage, PAGE_HEADERS } from '../../pages/index.ts';

/**
 * Answers what oidc-provider itself did not foresee. Koa would answer 500 in plain text without a request id, and write
 * the stack to standard error, where nobody who reads our log finds it.
 */
export const answerUnexpectedFault =
  (rules: { readonly support: string | undefined; readonly onFault: (error: unknown) => void }) =>
  async (ctx: Context, next: Next): Promise<void> => {
    try {
      await next();
    } catch (error) {
      rules.onFault(error);
      ctx.status = 500;
      ctx.set({ ...PAGE_HEADERS });
      ctx.body = messagePage({
        title: 'Something went wrong here',
        explanation: 'The request could not be answered. Nothing was changed.',
        next: 'Start again from the application.',
        requestId: ctx.res.getHeader('x-request-id')?.toString(),
        support: rules.support,
      });
    }
  };
