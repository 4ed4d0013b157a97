import { lookup } from 'node:dns/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { GitHubHostKind } from '../../../shared/github/index.ts';
import { OCTOCAT } from '../../github-simulator/index.ts';
import { openBrowser } from '../../../deploy/demo/browser.ts';
import type { CorporateNetwork } from '../../support/corporate-network.ts';
import { startCorporateNetwork } from '../../support/corporate-network.ts';
import type { AppKind } from '../../support/github-apps.ts';
import { appEnvironment } from '../../support/github-apps.ts';
import {
  authorize,
  callTool,
  postForm,
  refreshRequest,
  registerClient,
  signIn,
} from '../../support/oauth-client.ts';
import type { Stack } from '../../support/stack.ts';
import { startStack } from '../../support/stack.ts';

interface Layout {
  readonly kind: GitHubHostKind;
  readonly web: string;
  readonly api: string;
}

const ENTERPRISE_SERVER: Layout = { kind: 'ghes', web: 'github.corp.invalid', api: 'github.corp.invalid' };
const LAYOUTS: readonly (readonly [Layout, AppKind])[] = [
  [{ kind: 'github.com', web: 'github.com', api: 'api.github.com' }, 'OAuth App'],
  [{ kind: 'ghe.com', web: 'octocorp.ghe.com', api: 'api.octocorp.ghe.com' }, 'GitHub App'],
  [ENTERPRISE_SERVER, 'OAuth App'],
  [ENTERPRISE_SERVER, 'GitHub App'],
];

/** A whole product whose only GitHub is `https://<web>`, reached as `env` says. */
async function start(
  layout: Layout,
  app: AppKind,
  env: (network: CorporateNetwork) => Record<string, string>,
) {
  const network = await startCorporateNetwork([...new Set([layout.web, layout.api])]);
  onTestFinished(network.close);
  const shared = {
    GITHUB_WEB_URL: '',
    GITHUB_API_URL: '',
    GITHUB_HOST: `https://${layout.web}`,
    ...env(network),
  };
  const stack = await startStack({
    env: { ...appEnvironment(app), ...shared },
    workerEnv: shared,
    github: { profile: layout.kind },
  });
  onTestFinished(stack.close);
  // The simulator would name its own loopback address as the issuer.
  stack.github.sendIssuer(false);
  network.serve({
    [layout.api]: new URL(stack.github.apiBase).origin,
    [layout.web]: stack.github.webBase,
  });
  return { network, stack, browser: openBrowser(network.reach) };
}

const throughProxy = ({ proxyUrl, certificates }: CorporateNetwork) => ({
  HTTPS_PROXY: proxyUrl,
  EXTRA_CA_FILE: certificates.caFile,
});

async function errorOfSignIn(stack: Stack, network: CorporateNetwork): Promise<string | null> {
  const client = await registerClient(stack.publicUrl);
  const { answer, code } = await authorize(stack, client, { browser: openBrowser(network.reach) });
  expect(code).toBe('');
  return answer.get('error');
}

describe('with a CONNECT proxy as the only way out, and GitHub under a private authority', () => {
  it.each(LAYOUTS)('%j, %s: sign-in, tool call, refresh and revocation', async (layout, app) => {
    const { network, stack, browser } = await start(layout, app, throughProxy);
    const { client, tokens } = await signIn(stack, { browser });
    const answer = await (await callTool(stack.mcpUrl, tokens.access_token)).text();
    expect(answer).toContain(OCTOCAT.login);
    expect(
      (await postForm(`${stack.publicUrl}/token`, refreshRequest(client, tokens.refresh_token))).status,
    ).toBe(200);
    const revocation = { token: tokens.refresh_token, client_id: client.clientId };
    expect((await postForm(`${stack.publicUrl}/revoke`, revocation)).status).toBe(200);
    expect(network.tunnels.length).toBeGreaterThan(1);
    const hosts = new Set(network.tunnels.map(({ target }) => target));
    expect(hosts).toEqual(new Set([`${layout.web}:443`, `${layout.api}:443`]));
    expect(network.tunnels.every(({ isAuthorized }) => isAuthorized)).toBe(true);
    expect(stack.log.join('\n')).not.toContain('proxy-password');
  });

  it('the host exists for nobody but the proxy', async () => {
    await expect(lookup(ENTERPRISE_SERVER.web)).rejects.toThrow(/ENOTFOUND|EAI_AGAIN/);
  });

  it('nobody gets in without the proxy', async () => {
    const { network, stack } = await start(ENTERPRISE_SERVER, 'OAuth App', ({ certificates }) => ({
      EXTRA_CA_FILE: certificates.caFile,
    }));
    expect(await errorOfSignIn(stack, network)).toBe('temporarily_unavailable');
    expect(network.tunnels).toEqual([]);
  });

  it('nobody gets in when the proxy refuses, and no other way is tried', async () => {
    const { network, stack } = await start(ENTERPRISE_SERVER, 'OAuth App', ({ proxyUrl, certificates }) => ({
      HTTPS_PROXY: proxyUrl.replace('proxy-password', 'wrong'),
      EXTRA_CA_FILE: certificates.caFile,
    }));
    expect(await errorOfSignIn(stack, network)).toBe('temporarily_unavailable');
    expect(network.tunnels).toContainEqual({ target: `${ENTERPRISE_SERVER.web}:443`, isAuthorized: false });
  });

  it('nobody gets in while the authority is not trusted', async () => {
    const { network, stack } = await start(ENTERPRISE_SERVER, 'OAuth App', ({ proxyUrl }) => ({
      HTTPS_PROXY: proxyUrl,
    }));
    expect(await errorOfSignIn(stack, network)).toBe('temporarily_unavailable');
    expect(stack.github.journal().some(({ path }) => path === '/login/oauth/access_token')).toBe(false);
  });
});
