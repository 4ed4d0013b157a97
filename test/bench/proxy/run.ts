// `npm run bench -- proxy`: calls a second through one process with everything on, beside nginx that looks at nothing,
// Apache httpd with mod_oauth2, express with the stock middleware and jose, and the mechanism of our proxy alone. All have
// the same core, the same token and the same back end; load and back end have the other core. The last line is JSON.

import { mkdtempSync, readFileSync, rmSync, chmodSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startGitHubSimulator } from '../../github-simulator/index.ts';
import { freePorts } from '../../support/free-ports.ts';
import { registerClient, signIn } from '../../support/oauth-client.ts';
import { gatewayEnvironment, urlsOf } from '../../support/topology/environment.ts';
import { median, print } from '../support/load.ts';
import { startPinned, stayOffCore } from '../support/pinned.ts';
import { startServer } from '../support/system-server.ts';
import { wrk } from '../support/wrk.ts';
import { apacheConfiguration, backEndConfiguration, nginxConfiguration } from './configurations.ts';

const SERVER_CORE = 0;
const LOAD_CORE = 1;
const CONNECTIONS = 32;
const ROUNDS = 5;
const CALL = JSON.stringify({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name: 'githubGetMe', arguments: {} },
});

/** One of those compared. */
interface Contender {
  readonly name: string;
  readonly url: string;
  /** CPU time of its processes so far (ms). */
  readonly cpuMs: () => number;
}

export async function runProxyBench(words: readonly string[]): Promise<void> {
  const isQuick = words.includes('--quick');
  stayOffCore(SERVER_CORE);
  const closers: (() => Promise<void>)[] = [];
  const folder = mkdtempSync(join(tmpdir(), 'bench-proxy-'));
  // Started as root, nginx and Apache serve as other users.
  chmodSync(folder, 0o777);
  try {
    const { contenders, token } = await startAll(folder, closers);
    const seconds = isQuick ? 2 : 6;
    const speeds = new Map(contenders.map(({ name }) => [name, [] as number[]]));
    let cpuMicros = Number.NaN;
    for (let round = 0; round < (isQuick ? 1 : ROUNDS); round += 1) {
      // In turns, so that a slow minute of the machine hits all.
      for (const { name, url, cpuMs } of contenders) {
        const load = {
          url,
          headers: headersWith(token),
          body: CALL,
          connections: CONNECTIONS,
          core: LOAD_CORE,
        };
        if (round === 0) await wrk(folder, { ...load, seconds: 2 });
        const before = cpuMs();
        const result = await wrk(folder, { ...load, seconds });
        speeds.get(name)?.push(result.perSecond);
        if (name === 'ours') cpuMicros = ((cpuMs() - before) * 1000) / (result.perSecond * seconds);
        print(
          `${name}: ${result.perSecond.toFixed(0)}/s, median ${result.medianMs.toFixed(2)} ms, p99 ${result.p99Ms.toFixed(2)} ms`,
        );
      }
    }
    const ours = median(speeds.get('ours') ?? []);
    const ratio = (name: string) => Number((ours / median(speeds.get(name) ?? [])).toFixed(2));
    print(
      JSON.stringify({
        bench: 'proxy',
        ratio: {
          nginx: ratio('nginx'),
          bare: ratio('bare'),
          apache_mod_oauth2: ratio('apache'),
          express_stock: ratio('express'),
        },
        cpu_us_per_call: Math.round(cpuMicros),
      }),
    );
  } finally {
    for (const close of closers.reverse()) await close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function headersWith(token: string) {
  return {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'mcp-protocol-version': '2025-11-25',
  };
}

async function startAll(folder: string, closers: (() => Promise<void>)[]) {
  const [backEnd = 0, gatewayPort = 0, nginxPort = 0, apachePort = 0, expressPort = 0, barePort = 0] =
    await freePorts(6);
  const write = (name: string, text: string) => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  };
  const run = async (command: [string, ...string[]], port: number, core: number) => {
    const server = await startServer(command, { port, core });
    closers.push(server.stop);
    return server;
  };
  await run(['nginx', '-c', write('back.conf', backEndConfiguration(backEnd, folder))], backEnd, LOAD_CORE);
  const github = await startGitHubSimulator();
  closers.push(github.close);
  const publicUrl = `http://localhost:${String(gatewayPort)}`;
  const place = { publicUrl, stateDir: folder, github };
  const env = gatewayEnvironment(place, { port: gatewayPort, workerUrls: urlsOf([backEnd]) });
  const long = { ACCESS_TOKEN_TTL: '3600', CALLS_PER_ACCOUNT: '1000' };
  const gateway = await startPinned('gateway/main.ts', { ...env, ...long }, SERVER_CORE);
  closers.push(gateway.stop);
  const client = await registerClient(publicUrl);
  const { tokens } = await signIn({ publicUrl, github }, { client });
  const token = tokens.access_token;
  const jwks = `${publicUrl}/jwks`;
  const nginxFile = write('nginx.conf', nginxConfiguration({ port: nginxPort, backEnd, folder }));
  const nginx = await run(['nginx', '-c', nginxFile], nginxPort, SERVER_CORE);
  const apacheFile = write('httpd.conf', apacheConfiguration({ port: apachePort, backEnd, folder, jwks }));
  const apache = await run(['apache2', '-f', apacheFile, '-DFOREGROUND'], apachePort, SERVER_CORE);
  const target = `http://127.0.0.1:${String(backEnd)}`;
  const stock = {
    JWKS: jwks,
    ISSUER: publicUrl,
    AUDIENCE: `${publicUrl}/mcp`,
    BACK_END: target,
    TOKEN: token,
  };
  const node = async (file: string, port: number) => {
    const started = await startPinned(file, { ...stock, PORT: String(port) }, SERVER_CORE);
    closers.push(started.stop);
    return started;
  };
  const express = await node('test/bench/proxy/stock-express.ts', expressPort);
  const bare = await node('test/bench/proxy/bare-mechanism.ts', barePort);
  const at = (port: number) => `http://127.0.0.1:${String(port)}/mcp`;
  const of = (name: string, port: number, pid: number): Contender => ({
    name,
    url: at(port),
    cpuMs: () => cpuOf(pid),
  });
  const contenders = [
    of('ours', gatewayPort, gateway.pid),
    of('bare', barePort, bare.pid),
    of('nginx', nginxPort, nginx.pid),
    of('apache', apachePort, apache.pid),
    of('express', expressPort, express.pid),
  ];
  return { contenders, token };
}

/** CPU time of a process so far (ms); ticks are hundredths of a second. */
function cpuOf(pid: number): number {
  const [, rest = ''] = readFileSync(`/proc/${String(pid)}/stat`, 'utf8').split(') ');
  const fields = rest.split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
