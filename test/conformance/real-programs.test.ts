import { createRequire } from 'node:module';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { describe, expect, onTestFinished } from 'vitest';
import type { ClientProfile } from '../clients/index.ts';
import { RECORDED_PROFILES } from '../clients/index.ts';
import { approveRequest } from '../support/approve.ts';
import { programEnvironment, startProgram, temporaryHome } from '../support/client-program.ts';
import { freePorts } from '../support/free-ports.ts';
import { useFrontedStack } from '../support/use-fronted-stack.ts';
import { verifies } from './verifies.ts';

const place = useFrontedStack();
const require = createRequire(import.meta.url);
const MCP_REMOTE_CLIENT = require.resolve('mcp-remote/dist/client.js');
const MCP_REMOTE = require.resolve('mcp-remote/dist/proxy.js');
const INSPECTOR = require.resolve('@modelcontextprotocol/inspector/clients/launcher/build/index.js');

/** A person who opens the first authorization URL a program prints, signs in, and lets the browser go back to it. */
function personAt(login: string) {
  const state: { visit?: Promise<void>; count: number } = { count: 0 };
  return {
    onOutput: (soFar: string) => {
      const url = new RegExp(`${place.publicUrl}/authorize\\?\\S+(?=\\s)`).exec(soFar)?.[0];
      if (url === undefined || state.visit !== undefined) return;
      state.count += 1;
      state.visit = approveRequest(place, url, { login }).then(async ({ callback }) => {
        await fetch(callback);
      });
    },
    /** How often the program asked. @throws when a sign-in failed */
    visits: async () => {
      await state.visit;
      return state.count;
    },
  };
}

/** What passed while `act` ran. */
async function exchangesDuring(act: () => Promise<void>) {
  const before = place.exchanges.length;
  await act();
  return place.exchanges.slice(before).map(({ method, path, status, headers, body }) => {
    const [route = ''] = path.split('?');
    return { step: `${method} ${route} ${String(status)}`, version: headers['mcp-protocol-version'], body };
  });
}

type Exchanges = Awaited<ReturnType<typeof exchangesDuring>>;

/** The profile says what the program really sends: its first request, and its registration. */
function expectProfile({ firstRequest, identity }: ClientProfile, exchanges: Exchanges, port: number): void {
  const method = firstRequest === 'GET' ? 'GET' : 'POST';
  expect(exchanges[0]?.step).toBe(`${method} /mcp 401`);
  if (method === 'POST') expect(exchanges[0]?.body).toContain(`"method":"${firstRequest}"`);
  if (identity.kind !== 'registration') throw new Error('the program registers');
  const body = JSON.stringify({ ...identity.body, scope: 'read:user' }).replaceAll('{port}', String(port));
  const sent = exchanges.find(({ step }) => step === 'POST /register 201');
  expect(JSON.parse(sent?.body ?? 'null')).toEqual(JSON.parse(body));
}

describe('mcp-remote', () => {
  verifies('D3', 'as a one-shot client finds everything from a 401 to GET, signs in and lists', async () => {
    const [port = 0] = await freePorts(1);
    const person = personAt('octocat');
    let text = '';
    const exchanges = await exchangesDuring(async () => {
      const program = startProgram([MCP_REMOTE_CLIENT, place.mcpUrl, String(port)], {
        home: temporaryHome(),
        onOutput: person.onOutput,
      });
      expect(await program.ended, program.stderr()).toBe(0);
      text = program.stderr();
    });
    expect(await person.visits()).toBe(1);
    expect(text).toContain('"name": "githubGetMe"');
    expect(exchanges.map(({ step }) => step)).toContain('POST /token 200');
    expectProfile(RECORDED_PROFILES.mcpRemoteClient, exchanges, port);
  });

  /** A host with only stdio, as desktop programs are, and the bridge it starts. */
  async function callThroughBridge(of: { home: string; login: string; args?: readonly string[] }) {
    const [port = 0] = await freePorts(1);
    const person = personAt(of.login);
    const transport = new StdioClientTransport({
      command: process.execPath,
      args: [MCP_REMOTE, place.mcpUrl, String(port), ...(of.args ?? [])],
      env: programEnvironment(of.home),
      cwd: of.home,
      stderr: 'pipe',
    });
    let stderr = '';
    transport.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
      person.onOutput(stderr);
    });
    const client = new Client({ name: 'stdio host', version: '1.0.0' });
    onTestFinished(async () => await client.close());
    await client.connect(transport, { timeout: 30_000 });
    const { tools } = await client.listTools();
    const result = await client.callTool({ name: 'githubGetMe', arguments: {} });
    await client.close();
    const visits = await person.visits();
    return { tools: tools.map(({ name }) => name), text: JSON.stringify(result), visits, port };
  }

  verifies('A7', 'as a bridge signs in once, and not again when the host starts it anew', async () => {
    const home = temporaryHome();
    let port = 0;
    const exchanges = await exchangesDuring(async () => {
      const first = await callThroughBridge({ home, login: 'hubot' });
      ({ port } = first);
      expect(first).toMatchObject({ visits: 1, tools: expect.arrayContaining(['githubGetMe']) as unknown });
      expect(first.text).toContain('hubot');
    });
    expectProfile(RECORDED_PROFILES.mcpRemoteBridge, exchanges, port);
    const second = await callThroughBridge({ home, login: 'hubot' });
    expect(second.visits).toBe(0);
    expect(second.text).toContain('hubot');
  });

  verifies('T4', 'as a bridge takes a host of an older revision to 2026-07-28', async () => {
    const exchanges = await exchangesDuring(async () => {
      const home = temporaryHome();
      const { text } = await callThroughBridge({ home, login: 'octocat', args: ['--protocol', 'auto'] });
      expect(text).toContain('octocat');
    });
    const calls = exchanges.filter(({ step }) => step === 'POST /mcp 200');
    expect(calls.length).toBeGreaterThan(0);
    expect(calls.map(({ version }) => version)).toEqual(calls.map(() => '2026-07-28'));
  });
});

describe('the Inspector’s command line', () => {
  async function inspect(era: 'legacy' | 'modern', method: readonly string[]) {
    const [port = 0] = await freePorts(1);
    const person = personAt('octocat');
    const program = startProgram(
      [
        ...[INSPECTOR, '--cli', place.mcpUrl, '--transport', 'http', '--format', 'json'],
        ...['--protocol-era', era, '--callback-url', `http://127.0.0.1:${String(port)}/oauth/callback`],
        ...method,
      ],
      { home: temporaryHome(), env: { MCP_AUTO_OPEN_ENABLED: 'true' }, onOutput: person.onOutput },
    );
    expect(await program.ended, program.stderr()).toBe(0);
    expect(await person.visits()).toBe(1);
    return { text: program.stdout(), port };
  }

  verifies('T13', 'signs in and lists the tools by 2026-07-28', async () => {
    let port = 0;
    const exchanges = await exchangesDuring(async () => {
      const inspected = await inspect('modern', ['--method', 'tools/list']);
      ({ port } = inspected);
      expect(inspected.text).toContain('"name":"githubGetMe"');
    });
    expectProfile(RECORDED_PROFILES.inspector, exchanges, port);
    const answered = exchanges.filter(({ step }) => step === 'POST /mcp 200');
    expect(answered.map(({ version }) => version)).toContain('2026-07-28');
  });

  verifies('L2', 'signs in and calls a tool by an older revision', async () => {
    const exchanges = await exchangesDuring(async () => {
      const { text } = await inspect('legacy', ['--method', 'tools/call', '--tool-name', 'githubGetMe']);
      expect(text).toContain('octocat');
    });
    const versions = exchanges.map(({ version }) => version);
    expect(versions).not.toContain('2026-07-28');
  });
});
