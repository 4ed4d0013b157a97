import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { DEMO_OAUTH_APP } from '../../github-simulator/index.ts';
import type { GitHubSimulator } from '../../github-simulator/index.ts';
import { poll, startDevice } from './device-drive.ts';
import { asApp, codeFor, getUser, jsonOf, postToken, signIn, startStill } from './drive.ts';

let folder: string;
let stateFile: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'simulator-state-'));
  stateFile = join(folder, 'state.json');
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

const start = async (): Promise<GitHubSimulator> => {
  const simulator = await startStill({ stateFile });
  onTestFinished(() => simulator.close());
  return simulator;
};

describe('the state file', () => {
  it('keeps tokens, grants and their ids through a restart', async () => {
    const first = await start();
    const { access_token, refresh_token } = await signIn(first, { scope: 'repo offline_access' });
    await signIn(first, { scope: 'gist' });
    await first.close();
    const second = await start();
    expect(await jsonOf(getUser(second, access_token))).toMatchObject({ login: 'octocat' });
    expect((await signIn(second, { scope: undefined }))['scope']).toBe('gist,repo');
    const grant = { grant_type: 'refresh_token', refresh_token: String(refresh_token) };
    const { access_token: fresh } = await jsonOf(postToken(second, grant));
    expect((await jsonOf(asApp(second, ['POST', 'token'], { access_token: fresh })))['id']).toBe(4);
  });

  it('keeps device codes with the answer given to them', async () => {
    const first = await start();
    const { device_code, user_code } = await jsonOf(startDevice(first));
    await poll(first, device_code);
    await first.close();
    const second = await start();
    expect(await poll(second, device_code)).toMatchObject({ error: 'slow_down', interval: 10 });
    await fetch(`${second.controlBase}/approve-device`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ userCode: user_code, login: 'hubot' }),
    });
    await second.close();
    const third = await start();
    third.advanceClock(10_000);
    expect(await poll(third, device_code)).toHaveProperty('access_token');
  });

  it('forgets what was ended before the restart', async () => {
    const first = await start();
    const { access_token } = await signIn(first);
    await asApp(first, ['DELETE', 'grant'], { access_token });
    await first.close();
    expect(readFileSync(stateFile, 'utf8')).not.toContain(String(access_token));
    const second = await start();
    expect((await getUser(second, access_token)).status).toBe(401);
  });

  it('is readable by its owner only, and the folder holds nothing else', async () => {
    const simulator = await start();
    await signIn(simulator);
    expect(statSync(stateFile).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['state.json']);
    expect(readFileSync(stateFile, 'utf8')).not.toContain(DEMO_OAUTH_APP.clientSecret);
  });

  it('is written before the answer leaves, also when the answer is lost', async () => {
    const simulator = await start();
    const code = await codeFor(simulator);
    simulator.setFaults([{ match: { pathPrefix: '/login' }, action: 'truncate', afterBytes: 5 }]);
    await expect((await postToken(simulator, { code })).text()).rejects.toThrow();
    const kept = JSON.parse(readFileSync(stateFile, 'utf8')) as { tokens: unknown[] };
    expect(kept.tokens).toHaveLength(1);
  });

  it('that cannot be written costs the answer, not the process', async () => {
    const simulator = await start();
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    onTestFinished(() => {
      warn.mockRestore();
    });
    const code = await codeFor(simulator);
    rmSync(folder, { recursive: true });
    await expect(postToken(simulator, { code })).rejects.toThrow();
    expect(warn.mock.calls).toEqual([['the state file cannot be written: ENOENT']]);
    expect(simulator.tokens()).toHaveLength(1);
  });

  it('that cannot be replaced leaves no other file behind', async () => {
    const simulator = await start();
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    onTestFinished(() => {
      warn.mockRestore();
    });
    rmSync(stateFile, { force: true });
    mkdirSync(join(stateFile, 'inside'), { recursive: true });
    await expect(signIn(simulator)).rejects.toThrow();
    expect(warn).toHaveBeenCalled();
    expect(readdirSync(folder)).toEqual(['state.json']);
  });

  it.each(['', 'not json', '{}', '{"version":1,"tokens":[{}]}'])(
    'that no simulator wrote ends the start: %j',
    async (content) => {
      writeFileSync(stateFile, content);
      await expect(startStill({ stateFile })).rejects.toThrow('was not written by this simulator');
      expect(readFileSync(stateFile, 'utf8')).toBe(content);
    },
  );

  it('that is a folder ends the start', async () => {
    await expect(startStill({ stateFile: folder })).rejects.toThrow('cannot be read');
  });

  it('is emptied by a reset', async () => {
    const simulator = await start();
    const { access_token } = await signIn(simulator);
    await fetch(`${simulator.controlBase}/reset`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{}',
    });
    expect(readFileSync(stateFile, 'utf8')).not.toContain(String(access_token));
  });
});

describe('without a state file', () => {
  it('nothing is kept', async () => {
    const first = await startStill();
    const { access_token } = await signIn(first);
    await first.close();
    const second = await startStill();
    onTestFinished(() => second.close());
    expect((await getUser(second, access_token)).status).toBe(401);
    expect(readdirSync(folder)).toEqual([]);
  });
});
