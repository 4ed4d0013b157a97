import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  addressesOf,
  firstProcess,
  isListening,
  processesOf,
  startLauncher,
  temporaryFolder,
} from './launcher-process.ts';

const DEMO = 'deploy/demo.ts';

describe('npm run demo -- --check', () => {
  it('signs in with both clients, reports it in its last line, exits 0 and leaves nothing behind', async () => {
    const folder = temporaryFolder();
    // Variables of a real gateway in the developer's shell must not matter.
    const env = { MCP_HTTP_PORT: '1', PUBLIC_URL: 'https://mcp.example.com' };
    const check = startLauncher(DEMO, { folder, args: ['--check'], env });
    const addresses = await addressesOf(check);
    expect(processesOf(folder)).toHaveLength(6);
    const { code, stderr } = await check.end();
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(check.lines.filter((line) => line.startsWith('ready '))).toHaveLength(1);
    expect(check.lines.filter((line) => line.includes('"login":"octocat"'))).toHaveLength(2);
    const report = JSON.parse(check.lines.at(-1)?.replace(/^check /, '') ?? '') as Record<string, unknown>;
    expect(report).toMatchObject({ ok: true, checked: ['legacy_sdk', 'modern_client', 'wrong_token'] });
    expect(report['timings']).toMatchObject({ ready_ms: expect.any(Number) as number });
    expect(processesOf(folder)).toEqual([]);
    for (const url of [addresses.url, addresses.ops, addresses.github]) {
      expect(await isListening(url), url).toBe(false);
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says what failed, with the logs, exits 1 and leaves nothing behind when a process dies', async () => {
    const folder = temporaryFolder();
    const check = startLauncher(DEMO, { folder, args: ['--check'] });
    process.kill(await firstProcess(folder, 'worker/main.ts'), 'SIGKILL');
    const { code } = await check.end();
    expect(code).toBe(1);
    expect(check.lines.join('\n')).toMatch(/worker-\d ended by SIGKILL/);
    const report = JSON.parse(check.lines.at(-1)?.replace(/^check /, '') ?? '') as unknown;
    expect(report).toMatchObject({
      ok: false,
      failed: { problem: expect.stringContaining('worker-') as string },
    });
    expect(processesOf(folder)).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });
});
