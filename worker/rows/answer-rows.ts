import type { CallToolResult } from '@modelcontextprotocol/server';
import type { CallContext } from '../call/call-context.ts';
import { createRowGitHub } from '../github/row-github.ts';
import type { RowGitHub } from '../github/row-github.ts';
import { runRows } from './rows.ts';
import type { RowOutcome } from './rows.ts';

/** Answers a call row by row, each with GitHub as this call may use it. */
export function answerRows<Query extends { readonly id?: string | undefined }, Data>(
  call: CallContext,
  answer: (github: RowGitHub, query: Query) => Promise<RowOutcome<Data>>,
) {
  return async (queries: readonly Query[], signal: AbortSignal): Promise<CallToolResult> => {
    const github = createRowGitHub(call, signal);
    return await runRows({
      queries,
      signal,
      rate: () => github.rate(),
      onFault: call.onFault,
      askForScopes: call.askForScopes,
      run: async (query) => await answer(github, query),
    });
  };
}
