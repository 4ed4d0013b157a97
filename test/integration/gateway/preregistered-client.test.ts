import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { OCTOCAT } from '../../github-simulator/index.ts';
import { openBrowser } from '../../../deploy/demo/browser.ts';
import {
  authorizationRequest,
  callTool,
  postForm,
  REDIRECT_URI,
  refreshRequest,
  signIn,
} from '../../support/oauth-client.ts';
import type { Stack } from '../../support/stack.ts';
import { startStack } from '../../support/stack.ts';

describe('a client of CLIENTS_FILE, with registration off', () => {
  let stack: Stack;
  let folder: string;
  let file: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gateway-clients-'));
    file = join(folder, 'clients.json');
    writeFileSync(file, JSON.stringify([{ client_id: 'ide', redirect_uris: [REDIRECT_URI] }]));
    stack = await startStack({
      env: { CLIENTS_FILE: file, CLIENT_REGISTRATION: 'off', CIMD_ENABLED: 'false' },
    });
  });
  afterAll(async () => {
    await stack.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it('signs people in', async () => {
    const client = { clientId: 'ide', redirectUri: REDIRECT_URI };
    const { tokens } = await signIn(stack, { client });
    const answer = await postForm(`${stack.publicUrl}/token`, refreshRequest(client, tokens.refresh_token));
    expect(answer.status).toBe(200);
    expect(await (await callTool(stack.mcpUrl, tokens.access_token)).text()).toContain(OCTOCAT.login);
  });

  it('can be added and removed while the gateway runs; a list with a fault changes nothing', async () => {
    const isKnown = async (clientId: string) => {
      const request = authorizationRequest(stack.publicUrl, { clientId, redirectUri: REDIRECT_URI });
      const browser = openBrowser();
      return (await browser.follow(await browser.get(request.url))).status === 200;
    };
    const waiting = { timeout: 20_000, interval: 200 };
    writeFileSync(file, JSON.stringify([{ client_id: 'editor', redirect_uris: [REDIRECT_URI] }]));
    await vi.waitFor(async () => {
      expect([await isKnown('editor'), await isKnown('ide')]).toEqual([true, false]);
    }, waiting);
    writeFileSync(file, '[{"client_id":"ide"}]');
    await vi.waitFor(() => {
      expect(stack.log.join('')).toMatch(/"variable":"CLIENTS_FILE".*"problem":"client 1 of the list: /);
    }, waiting);
    expect([await isKnown('editor'), await isKnown('ide')]).toEqual([true, false]);
  });
});
