import { randomBytes, randomInt } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { HOSTILE_BYTES } from '../support/hostile-bytes.ts';

/** Strangers have an address of their own on the loopback network, so that limits tell them from honest people. */
const STRANGER = '127.0.0.66';

/** Connections that strangers have open at one target at a time. */
const AT_ONCE = 8;
/** Peers that stay and never read, at each target. */
const STAYING = 20;

export interface Wave {
  /** Peers that hold their connection, whatever they were told. */
  readonly held: readonly Socket[];
  readonly sent: number;
}

/** Sends everything that strangers send, all at once, to all targets until the time is over. */
export async function sendWave(ports: readonly number[], durationMs: number): Promise<Wave> {
  const until = performance.now() + durationMs;
  const held: Socket[] = [];
  let sent = 0;
  const attack = async (port: number) => {
    while (performance.now() < until) {
      sent += 1;
      await attackOnce(port);
      // Bounded on purpose: what is tested is what a stranger can leave behind, not how fast this machine is.
      await delay(randomInt(20, 100));
    }
  };
  await Promise.all(
    ports.flatMap((port) => [
      ...Array.from({ length: AT_ONCE }, async () => {
        await attack(port);
      }),
      stayAt(port, held),
    ]),
  );
  return { held, sent };
}

async function stayAt(port: number, held: Socket[]): Promise<void> {
  for (let index = 0; index < STAYING; index += 1) {
    const socket = await open(port);
    if (socket === undefined) continue;
    socket.write(HOSTILE_BYTES[index % HOSTILE_BYTES.length]?.bytes ?? '');
    socket.pause();
    held.push(socket);
  }
}

async function attackOnce(port: number): Promise<void> {
  const socket = await open(port);
  if (socket === undefined) return;
  const chosen = REQUESTS[randomInt(REQUESTS.length)]?.() ?? Buffer.alloc(0);
  socket.write(chosen);
  await Promise.race([once(socket, 'data'), once(socket, 'close'), delay(randomInt(1, 200))]).catch(
    () => undefined,
  );
  const end = randomInt(3);
  if (end === 0) socket.resetAndDestroy();
  else if (end === 1) socket.destroy();
  else {
    socket.end('\0');
    await delay(20);
    socket.destroy();
  }
}

async function open(port: number): Promise<Socket | undefined> {
  const socket = connect({ port, host: '127.0.0.1', localAddress: STRANGER, allowHalfOpen: true });
  socket.on('error', () => undefined);
  const isOpen = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'close').then(() => false),
  ]).catch(() => false);
  return isOpen ? socket : undefined;
}

const text = (size: number) => randomBytes(size).toString('base64url');

function request(line: string, headers: readonly string[], body = ''): Buffer {
  const length = body === '' ? [] : [`content-length: ${String(Buffer.byteLength(body))}`];
  return Buffer.from([`${line} HTTP/1.1`, 'host: localhost', ...headers, ...length, '', body].join('\r\n'));
}

const FORM = 'content-type: application/x-www-form-urlencoded';
const JSON_TYPE = 'content-type: application/json';

/** Well-formed requests that write, cost or look something up, and bytes that are no requests. */
const REQUESTS: readonly (() => Buffer)[] = [
  ...HOSTILE_BYTES.map(
    ({ bytes }) =>
      () =>
        bytes,
  ),
  () =>
    request(
      'POST /register',
      [JSON_TYPE],
      JSON.stringify({ redirect_uris: [`http://127.0.0.1/${text(9)}`], client_name: text(60) }),
    ),
  () => request(`GET /authorize?client_id=dcr_${text(9)}&response_type=code&state=${text(1500)}`, []),
  () =>
    request(
      `GET /authorize?client_id=${encodeURIComponent(
        `https://${text(6)
          .toLowerCase()
          .replaceAll(/[^a-z0-9]/g, 'x')}.invalid/c.json`,
      )}`,
      [],
    ),
  () => request('POST /token', [FORM], `grant_type=refresh_token&client_id=x&refresh_token=ocr_${text(16)}`),
  () =>
    request(
      'POST /token',
      [FORM, 'authorization: Bearer x'],
      `grant_type=authorization_code&code=${text(32)}&client_id=x`,
    ),
  () => request('POST /device_authorization', [FORM], `client_id=dcr_${text(12)}&scope=repo`),
  () => request('POST /device', [FORM], `user_code=${text(4)}`),
  () =>
    request(
      'POST /mcp',
      [JSON_TYPE, `authorization: Bearer ${text(300)}`],
      '{"jsonrpc":"2.0","id":1,"method":"ping"}',
    ),
  () => request('POST /webhooks/github', [JSON_TYPE, 'x-github-event: ping'], `{"x":"${text(2000)}"}`),
  () => request(`GET /interaction/${text(12)}`, []),
  () => request(`GET /device/${text(12)}`, []),
  () => request(`GET /%ff${text(4)}`, []),
  () => request('GET /account', [`cookie: ocg_account=${text(32)}`]),
];
