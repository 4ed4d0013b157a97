import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { expectOAuthError } from '../support/expect-answer.ts';
import type { Tokens } from '../support/oauth-client.ts';
import {
  authorize,
  callTool,
  postForm,
  redemption,
  refreshRequest,
  registerClient,
  signIn,
} from '../support/oauth-client.ts';
import type { Replicas } from '../integration/replicas/replicas.ts';
import { startReplicas } from '../integration/replicas/replicas.ts';

/** Commits to one kind of record, as the driver sends them. */
const commitTo = (kind: string) => new RegExp(`evalsha[^]*ocg:${kind}:`, 'i');

let replicas: Replicas;
beforeEach(async () => {
  replicas = await startReplicas({ store: 'redis' });
});
afterEach(async () => {
  await replicas.close();
});

/** Sends a form to the first gateway, which dies as soon as Redis has run a command and before it hears of it. */
async function postAndKill(form: Record<string, string>, command: RegExp): Promise<void> {
  const answered = replicas.redis?.door.holdAnswerTo(command);
  const lost = expect(postForm(`${replicas.gateways[0]}/token`, form)).rejects.toThrow('fetch failed');
  await answered;
  await replicas.kill(0);
  await lost;
}

async function postToOther(form: Record<string, string>): Promise<Response> {
  return await postForm(`${replicas.gateways[1]}/token`, form);
}

describe('a gateway that is killed between consumption and answer', () => {
  it('costs a refresh nothing: the other one answers the same token with its successor', async () => {
    const { client, tokens } = await signIn(replicas);
    await postAndKill(refreshRequest(client, tokens.refresh_token), commitTo('grant'));
    const answers = [1, 2].map(async () => {
      const response = await postToOther(refreshRequest(client, tokens.refresh_token));
      expect(response.status).toBe(200);
      return (await response.json()) as Tokens;
    });
    const [first, second] = await Promise.all(answers);
    expect(first?.refresh_token).toBe(second?.refresh_token);
    const next = await postToOther(refreshRequest(client, first?.refresh_token ?? ''));
    expect(next.status).toBe(200);
  });

  it.each([
    ['its code was consumed', 'code'],
    ['the grant was opened', 'grant'],
  ])(
    'after %s yields no token from the code again, and the person can sign in at once (F28)',
    async (_when, kind) => {
      const client = await registerClient(replicas.publicUrl);
      const { code, request } = await authorize(replicas, client);
      const form = redemption(client, { code, codeVerifier: request.codeVerifier });
      await postAndKill(form, commitTo(kind));
      await expectOAuthError(await postToOther(form), 400, 'invalid_grant');
      const { tokens } = await signIn(replicas, { client });
      expect(await (await callTool(replicas.mcpUrl, tokens.access_token)).text()).toContain('octocat');
    },
  );
});
