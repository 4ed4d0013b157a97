import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startGitHubSimulator } from '../../github-simulator/index.ts';
import { startDnsServer } from '../../support/dns-server.ts';
import { authorizationRequest, REDIRECT_URI, signIn } from '../../support/oauth-client.ts';
import { until } from '../../support/redis.ts';
import { freePorts } from '../../support/free-ports.ts';
import { gatewayEnvironment } from '../../support/topology/environment.ts';
import { runProcess, stop } from '../../support/topology/run-process.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/** A gateway process to which no name below `slow.test` is ever answered, by whatever way it asks. */
async function startGateway() {
  const folder = temporaryFolder();
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const github = await startGitHubSimulator();
  onTestFinished(github.close);
  const names = await startDnsServer(() => 'silence');
  onTestFinished(names.close);
  const [port = 0] = await freePorts(1);
  const publicUrl = `http://localhost:${String(port)}`;
  const preload = join(root, 'test/support/silent-names.preload.ts');
  const place = {
    publicUrl,
    stateDir: join(folder, 'state'),
    // By name, so that a connection to it needs a thread of the pool.
    github: { webBase: github.webBase, apiBase: github.apiBase.replace('127.0.0.1', 'localhost') },
  };
  const { child: gateway, output } = await runProcess(
    'gateway/main.ts',
    {
      ...gatewayEnvironment(place, { port, workerUrls: ['http://127.0.0.1:9'] }),
      TEST_NAME_SERVER: names.address,
      TEST_PIPE: pipe,
    },
    {
      nodeOptions: ['--import', preload],
      onStart: (child) => {
        onTestFinished(async () => {
          await stop(child);
        });
      },
    },
  );
  return { publicUrl, github, names, gateway, output };
}

describe('a gateway process that is sent client ids on hosts whose name server is silent', () => {
  it('S2: signs people in and reads files all the same', async () => {
    const { publicUrl, github, names, gateway, output } = await startGateway();
    const visits = Array.from({ length: 24 }, async (_, index) => {
      const clientId = `https://h${String(index)}.slow.test/c.json`;
      const { url } = authorizationRequest(publicUrl, { clientId, redirectUri: REDIRECT_URI });
      return (await fetch(url, { redirect: 'manual' })).status;
    });
    await until(() => names.asked.length > 0);
    const { tokens } = await signIn({ publicUrl, github });
    expect(tokens.access_token).not.toBe('');
    gateway.kill('SIGUSR2');
    await until(() => output.join('').includes('a file was read'));
    // Those that were asked about are unknown, for the others there was no room; nobody waited for longer than that.
    expect(new Set(await Promise.all(visits))).toEqual(new Set([400, 503]));
  });
});
