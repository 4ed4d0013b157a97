import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DEMO_OAUTH_APP } from '../../github-simulator/index.ts';

const MAIN = new URL('../../github-simulator/main.ts', import.meta.url).pathname;

function start(...parameters: string[]) {
  const child = spawn(process.execPath, [MAIN, ...parameters], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

describe('the simulator process', () => {
  it('prints one line with its addresses, serves, and ends with 0 on SIGTERM', async () => {
    const child = start('--port', '0');
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const { ready, web, api, control } = JSON.parse(line) as Record<string, string>;
    expect(ready).toBe(true);
    expect(await (await fetch(`${String(web)}/`)).text()).toContain('None of its tokens open anything');
    expect((await fetch(`${String(api)}/zen`)).status).toBe(200);
    expect(await (await fetch(`${String(control)}/journal`)).json()).toHaveLength(2);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it('shows the profile it is told', async () => {
    const child = start('--profile', 'ghes', '--ghes-version', '3.19');
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const { web, api, profile } = JSON.parse(line) as Record<string, string>;
    expect([profile, api]).toEqual(['ghes', `${String(web)}/api/v3`]);
    expect(await (await fetch(`${String(api)}/meta`)).text()).toContain('"installed_version":"3.19.0"');
  });

  it('keeps tokens in the state file it is told, also when it is killed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'simulator-process-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const startKeeping = async () => {
      const child = start('--state-file', join(folder, 'state.json'));
      const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
      const { web = '', control = '' } = JSON.parse(line) as Record<string, string>;
      return { child, simulator: { webBase: web, controlBase: control } };
    };
    const first = await startKeeping();
    const deviceCode = async ({ webBase }: { webBase: string }): Promise<Record<string, unknown>> => {
      const body = new URLSearchParams({ client_id: DEMO_OAUTH_APP.clientId });
      const headers = { accept: 'application/json' };
      const answer = await fetch(`${webBase}/login/device/code`, { method: 'POST', body, headers });
      return (await answer.json()) as Record<string, unknown>;
    };
    const { device_code, user_code } = await deviceCode(first.simulator);
    await fetch(`${first.simulator.controlBase}/approve-device`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ userCode: user_code, login: 'octocat' }),
    });
    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    const { simulator } = await startKeeping();
    const body = new URLSearchParams({
      client_id: DEMO_OAUTH_APP.clientId,
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      device_code: String(device_code),
    });
    const answer = await fetch(`${simulator.webBase}/login/oauth/access_token`, { method: 'POST', body });
    expect(await answer.text()).toMatch(/^access_token=gho_/);
  });

  it.each([['--port', 'x'], ['--port', '70000'], ['--profile', 'gitlab'], ['--nonsense']])(
    'says what is wrong with %s %s',
    async (...parameters) => {
      const child = start(...parameters);
      let errors = '';
      child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
      expect(await once(child, 'close')).toEqual([1, null]);
      expect(errors).toContain('--web-port');
    },
  );
});
