import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OCTOCAT } from '../../github-simulator/index.ts';
import { callTool, postForm, REDIRECT_URI, refreshRequest, signIn } from '../../support/oauth-client.ts';
import type { Stack } from '../../support/stack.ts';
import { startStack } from '../../support/stack.ts';

describe('a client of CLIENTS_FILE, with registration off', () => {
  let stack: Stack;
  let folder: string;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'gateway-clients-'));
    const file = join(folder, 'clients.json');
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
});
