import { beforeEach, describe, expect, it } from 'vitest';
import { createEventBus, createMetrics } from '../../../shared/ops/index.ts';
import { openBrowser } from '../../../deploy/demo/browser.ts';
import { authorizationRequest, followToClient, signIn } from '../../support/oauth-client.ts';
import { useStack } from '../../support/use-stack.ts';

const shared = useStack();
let start = 0;
beforeEach(() => {
  start = shared.stack.events.length;
});

/** What `octocode_mcp_login_results_total` counts for what happened in this test. */
async function counted(): Promise<Readonly<Record<string, number>>> {
  const bus = createEventBus();
  const metrics = createMetrics(bus, { routes: [], githubEndpoints: [], grantEndReasons: [] });
  for (const event of shared.stack.events.slice(start)) bus.emit(event);
  const lines = [
    ...(await metrics.render()).matchAll(/^octocode_mcp_login_results_total\{result="(\w+)"\} (\d+)$/gm),
  ];
  metrics.close();
  return Object.fromEntries(lines.map(([, result = '', count]): [string, number] => [result, Number(count)]));
}

/** Walks to the consent page and answers it. */
async function answerConsent(decision: 'allow' | 'deny', atGitHub: { deny?: boolean } = {}) {
  const { stack, client } = shared;
  const browser = openBrowser();
  stack.github.autoApprove({ login: 'octocat', ...atGitHub });
  const page = await browser.follow(await browser.get(authorizationRequest(stack.publicUrl, client).url));
  return await followToClient(browser, await browser.submit(page, { decision }), client);
}

describe('the number of sign-ins that came to an end', () => {
  it('counts one that succeeded once', async () => {
    await signIn(shared.stack, { client: shared.client });
    expect(await counted()).toEqual({ finished: 1 });
  });

  it('counts one that GitHub or the person there refused once', async () => {
    const back = await answerConsent('allow', { deny: true });
    expect(back.location).toContain('error=access_denied');
    expect(await counted()).toEqual({ failed: 1 });
  });

  it('counts one that failed at GitHub once', async () => {
    const fault = { match: { host: 'web', method: 'POST' }, action: 'status', status: 503 } as const;
    shared.stack.github.setFaults([{ ...fault, times: 10 }]);
    const back = await answerConsent('allow');
    shared.stack.github.setFaults([]);
    expect(back.location).toContain('error=temporarily_unavailable');
    expect(await counted()).toEqual({ failed: 1 });
  });

  it('counts one that the person declined here once, as denied', async () => {
    const back = await answerConsent('deny');
    expect(back.location).toContain('error=access_denied');
    expect(await counted()).toEqual({ denied: 1 });
  });

  it('counts a request that never got to a page of ours once', async () => {
    const { stack, client } = shared;
    const { url } = authorizationRequest(stack.publicUrl, client, { response_type: 'token' });
    const answer = await openBrowser().get(url);
    expect(answer.location).toContain('error=');
    expect(await counted()).toEqual({ failed: 1 });
  });
});
