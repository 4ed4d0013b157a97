import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { choosePorts, isPortFree, LOOPBACK } from '../../../deploy/launcher/index.ts';
import type { Launcher } from './launcher-process.ts';
import {
  addressesOf,
  childOf,
  firstProcess,
  isListening,
  processesOf,
  startByNpm,
  startLauncher,
  temporaryFolder,
} from './launcher-process.ts';

const DEMO = 'deploy/demo.ts';
const NAMES = [
  ...['gateway', 'worker-1', 'worker-2', 'worker-3'].flatMap((name) => [name, `${name}-ops`]),
  ...['github-web', 'github-api', 'github-control'],
];

/** A state folder with kept ports that are free, so that no test needs the ports of a running demo. */
async function stateFolder(): Promise<{ folder: string; state: string; ports: Record<string, number> }> {
  const folder = temporaryFolder();
  const state = join(folder, 'state');
  // Not from the range of outgoing connections, which could take a port between two starts.
  const requests = NAMES.map((name) => ({ name, preferred: randomInt(20_000, 30_000), hosts: LOOPBACK }));
  const ports = Object.fromEntries((await choosePorts(requests, new Map(), isPortFree)).ports);
  mkdirSync(state);
  writeFileSync(join(state, 'ports.json'), JSON.stringify({ schema: 1, ports }));
  return { folder, state, ports };
}

async function occupy(port: number): Promise<void> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  expect((server.address() as AddressInfo).port).toBe(port);
  onTestFinished(() => void server.close());
}

const keptPorts = (state: string) =>
  (JSON.parse(readFileSync(join(state, 'ports.json'), 'utf8')) as { ports: Record<string, number> }).ports;

describe('npm run demo', () => {
  it('shows a tool answer, moves from a taken port, keeps the ports, and stops with 0 on SIGTERM', async () => {
    const { folder, state, ports } = await stateFolder();
    const taken = ports['worker-1'] ?? 0;
    await occupy(taken);
    const first = startLauncher(DEMO, { folder, args: ['--state', state] });
    const addresses = await addressesOf(first);
    await first.line('Logs are in');
    const screen = first.lines.join('\n');
    expect(screen).toContain(`Port ${taken} is taken: worker-1 uses ${keptPorts(state)['worker-1'] ?? 0}`);
    expect(screen).toContain('"login": "octocat"');
    expect(screen).toContain(`claude mcp add --transport http octocode ${addresses.mcp}`);
    expect(first.lines.filter((line) => line.startsWith('ready '))).toHaveLength(1);
    expect(addresses).toEqual({
      url: `http://localhost:${ports['gateway'] ?? 0}`,
      mcp: `http://localhost:${ports['gateway'] ?? 0}/mcp`,
      ops: `http://127.0.0.1:${ports['gateway-ops'] ?? 0}`,
      github: `http://127.0.0.1:${ports['github-web'] ?? 0}`,
    });

    const second = startLauncher(DEMO, { folder, args: ['--state', state] });
    const refusal = await second.end();
    expect(refusal.code).toBe(1);
    expect(refusal.stderr).toContain(`in use by process ${first.pid}`);

    first.kill('SIGTERM');
    expect(await first.end()).toEqual({ code: 0, stderr: '' });
    expect(processesOf(folder)).toEqual([]);
    const stopTime = (name: string) => {
      const last =
        readFileSync(join(state, 'logs', `${name}.log`), 'utf8')
          .trim()
          .split('\n')
          .at(-1) ?? '';
      return JSON.parse(last) as { msg: string; time: string };
    };
    expect(stopTime('gateway').msg).toBe('stopped');
    expect(stopTime('gateway').time < stopTime('worker-2').time).toBe(true);

    const again = startLauncher(DEMO, { folder, args: ['--state', state] });
    expect(await addressesOf(again)).toEqual(addresses);
    expect(again.lines.join('\n')).not.toContain('is taken');
    again.kill('SIGINT');
    expect((await again.end()).code).toBe(0);
  });

  it('leaves no process behind when it is killed, and starts again on the same ports', async () => {
    const { folder, state } = await stateFolder();
    const first = startLauncher(DEMO, { folder, args: ['--state', state] });
    const addresses = await addressesOf(first);
    first.kill('SIGKILL');
    await first.end();
    const again = startLauncher(DEMO, { folder, args: ['--state', state] });
    expect(await addressesOf(again)).toEqual(addresses);
    again.kill('SIGKILL');
    await again.end();
    await vi.waitFor(() => expect(processesOf(folder)).toEqual([]), { timeout: 10_000 });
    expect(await isListening(addresses.url)).toBe(false);
  });

  it.each([
    ['npm itself', (demo: Launcher) => demo.pid],
    ['the shell between npm and the launcher', (demo: Launcher) => childOf(demo.pid)],
  ])('stops everything on a SIGTERM to %s', { timeout: 60_000 }, async (_whom, pidOf) => {
    const { folder, state } = await stateFolder();
    const demo = startByNpm('demo', { folder, args: ['--state', state] });
    const addresses = await addressesOf(demo);
    process.kill(pidOf(demo), 'SIGTERM');
    await vi.waitFor(() => expect(processesOf(folder)).toEqual([]), { timeout: 30_000 });
    expect(await isListening(addresses.url)).toBe(false);
  });

  it('stops the rest and exits 1 with the log of a process that died', async () => {
    const { folder, state } = await stateFolder();
    const demo = startLauncher(DEMO, { folder, args: ['--state', state] });
    await demo.line('Logs are in');
    process.kill(await firstProcess(folder, 'gateway/main.ts'), 'SIGKILL');
    const { code, stderr } = await demo.end();
    expect(code).toBe(1);
    expect(stderr).toMatch(/^gateway ended by SIGKILL\. The end of .*\.log:\n {2}/);
    expect(processesOf(folder)).toEqual([]);
  });

  it('stops with 0 when the signal comes before it is ready', async () => {
    const { folder, state } = await stateFolder();
    const demo = startLauncher(DEMO, { folder, args: ['--state', state] });
    await firstProcess(folder, 'gateway/main.ts');
    demo.kill('SIGINT');
    expect(await demo.end()).toEqual({ code: 0, stderr: '' });
    expect(demo.lines.filter((line) => line.startsWith('ready '))).toEqual([]);
    expect(processesOf(folder)).toEqual([]);
  });

  it('names a damaged file of ports and changes nothing', async () => {
    const { folder, state } = await stateFolder();
    writeFileSync(join(state, 'ports.json'), '{');
    const { code, stderr } = await startLauncher(DEMO, { folder, args: ['--state', state] }).end();
    expect(code).toBe(1);
    expect(stderr).toContain('ports.json is damaged');
    expect(readFileSync(join(state, 'ports.json'), 'utf8')).toBe('{');
  });
});
