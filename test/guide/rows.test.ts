import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import manifest from '../../package.json' with { type: 'json' };
import { gatewayConfigFields, loadGatewayConfig } from '../../gateway/config/load-config.ts';
import { readTextFile } from '../../shared/config/index.ts';
import type { EventBus } from '../../shared/ops/index.ts';
import { createEventBus, createMetrics } from '../../shared/ops/index.ts';
import { signIn } from '../support/oauth-client.ts';
import type { Stack } from '../support/stack.ts';
import { startStack } from '../support/stack.ts';
import type { GuidePlace } from './row.ts';
import { describeRow } from './row.ts';
import { rows } from './rows.ts';

const names = readFileSync(new URL('guide-names.txt', import.meta.url), 'utf8')
  .trimEnd()
  .split('\n');
const root = fileURLToPath(new URL('../..', import.meta.url));

const REQUIRED = {
  GITHUB_OAUTH_CLIENT_ID: 'client',
  GITHUB_OAUTH_CLIENT_SECRET: 'secret',
  WORKER_URLS: 'http://127.0.0.1:8080',
};

let stack: Stack;
let place: GuidePlace;
beforeAll(async () => {
  const env = {
    OAUTH_METADATA_PORT: '0',
    ENABLE_OAUTH_CALLBACK_SERVER: 'true',
    OAUTH_CALLBACK_PORT: '0',
  };
  stack = await startStack({ env });
  const { tokens } = await signIn(stack);
  const accessToken = tokens.access_token;
  place = {
    stack,
    accessToken,
    metrics: await renderMetrics(),
    configure: (env) => loadGatewayConfig({ ...REQUIRED, ...env }, readTextFile),
    readsVariable: (name) => Object.values(gatewayConfigFields).some(({ env }) => env === name),
    scripts: manifest.scripts,
    hasFile: (name) =>
      globSync('{*,.github/**,{deploy,gateway,worker,shared,test}/**}', { cwd: root })
        .map((path) => basename(path))
        .includes(name),
    listTools: async () => await listTools(stack, accessToken),
  };
});
afterAll(async () => {
  await stack.close();
});

describe('the guide', () => {
  it('has a row for every item, and no row is about anything else', () => {
    const listed = rows.map(({ area, name }) => `${area} ${name}`);
    expect(listed.toSorted()).toEqual(names.toSorted());
    expect(new Set(listed).size).toBe(listed.length);
  });

  for (const row of rows) {
    it(describeRow(row), async () => {
      await row.prove(place);
    });
  }
});

/** A bare legacy call: no initialize, no session, no `Accept` but the default of every client. */
async function listTools({ mcpUrl }: Stack, accessToken: string): Promise<string[]> {
  const response = await fetch(mcpUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${accessToken}` },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
  });
  expect(response.status).toBe(200);
  const text = await response.text();
  const data = /^data: (.+)$/m.exec(text)?.[1] ?? text;
  const answer = JSON.parse(data) as { result: { tools: { name: string }[] } };
  return answer.result.tools.map(({ name }) => name);
}

async function renderMetrics(): Promise<string> {
  const bus: EventBus = createEventBus();
  const labels = { routes: ['/mcp'], githubEndpoints: ['/user'], grantEndReasons: [] };
  const metrics = createMetrics(bus, labels);
  const route = { method: 'POST', route: '/mcp', status: 200, durationSeconds: 0.01, requestId: 'r' };
  const token = { grantType: 'authorization_code', clientId: 'c', accountId: 'a', grantId: 'g' };
  bus.emit({ type: 'http.request.finished', ...route });
  bus.emit({ type: 'token.issued', ...token });
  bus.emit({ type: 'access_token.verified', result: 'expired' });
  bus.emit({ type: 'github.call.finished', endpoint: '/user', status: 200 });
  bus.emit({ type: 'connections.changed', delta: 1 });
  const text = await metrics.render();
  metrics.close();
  return text;
}
