import { z } from 'zod';
import type { GitHubFailure, GitHubUser } from '../../shared/github/index.ts';
import { GitHubApiError } from '../../shared/github/index.ts';
import type { CallContext } from '../call/call-context.ts';
import { defineTool, errorResult, structuredResult } from '../call/tool.ts';

const outputSchema = z.looseObject({
  login: z.string(),
  id: z.int(),
  name: z.string().nullable(),
  host: z.string(),
  /** What GitHub says the credential can do now; null for GitHub Apps, which have permissions instead. */
  scopes: z.array(z.string()).nullable(),
  /** What this connection may use of it. */
  grantedScopes: z.array(z.string()),
  rateLimit: z.looseObject({ limit: z.int(), remaining: z.int(), resetsAt: z.string() }).nullable(),
});

/** Tells the caller which GitHub account they act as and what that connection may do. */
export const githubGetMe = defineTool({
  name: 'githubGetMe',
  title: 'Who am I on GitHub',
  description:
    'The GitHub account this connection acts as: login, numeric id, host, granted scopes and the remaining API rate limit.',
  input: z.strictObject({}),
  output: outputSchema,
  readOnly: true,
  scopes: [],
  endpoints: ['/user'],
  run: async (call, _input, signal) => await getMe(call, signal),
});

async function getMe(call: CallContext, signal: AbortSignal) {
  if (call.credential === undefined) throw new TypeError('a tool call always has an open credential');
  try {
    const user = await call.github.getUser(call.credential.accessToken, signal);
    return structuredResult(describe(user, call));
  } catch (error) {
    if (error instanceof GitHubApiError) return errorResult(explain(error.failure));
    throw error;
  }
}

function describe(user: GitHubUser, call: CallContext): z.infer<typeof outputSchema> {
  const { rate } = user;
  return {
    login: user.login,
    id: user.id,
    name: user.name,
    host: call.githubHost,
    scopes: user.scopes === null ? null : [...user.scopes],
    grantedScopes: call.claims.scope === '' ? [] : call.claims.scope.split(' '),
    rateLimit:
      rate === null
        ? null
        : { limit: rate.limit, remaining: rate.remaining, resetsAt: new Date(rate.resetAtMs).toISOString() },
  };
}

function explain(failure: GitHubFailure) {
  return {
    code: failure.code,
    message: `GitHub did not answer the question who you are (${failure.code})`,
    ...(failure.retryAfterSeconds === undefined ? {} : { retryAfterSeconds: failure.retryAfterSeconds }),
  };
}
