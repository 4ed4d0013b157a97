import { EventEmitter, once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';

const CHANNEL = '+switch-master';

const bulk = (text: string) => `$${String(Buffer.byteLength(text))}\r\n${text}\r\n`;
const list = (...texts: readonly string[]) => `*${String(texts.length)}\r\n${texts.map(bulk).join('')}`;

/** Something that speaks as a sentinel does, for one primary, and answers when the test says so. */
export interface ScriptedSentinel {
  readonly host: string;
  readonly port: number;
  /** From now on questions for the primary wait. */
  hold(): void;
  /** Resolves once such a question waits. */
  asked(): Promise<void>;
  release(): void;
  /** Tells whoever listens that another server is the primary. */
  announceFailover(): void;
  close(): Promise<void>;
}

export async function startScriptedSentinel(primaryPort: number): Promise<ScriptedSentinel> {
  const sockets = new Set<Socket>();
  const listeners = new Set<Socket>();
  const waiting = new Set<Socket>();
  const signals = new EventEmitter();
  let isHeld = false;
  const primary = list('127.0.0.1', String(primaryPort));
  const answer = (socket: Socket, command: string): string => {
    if (command.includes('get-master-addr-by-name') && isHeld) {
      waiting.add(socket);
      signals.emit('asked');
      return '';
    }
    if (command.includes('get-master-addr-by-name')) return primary;
    if (command.includes('subscribe')) {
      listeners.add(socket);
      return `*3\r\n${bulk('subscribe')}${bulk(CHANNEL)}:1\r\n`;
    }
    if (command.includes('sentinels')) return '*0\r\n';
    return command.includes('client') ? '+OK\r\n' : "-ERR unknown command 'HELLO'\r\n";
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      // A command is an array of bulk strings: `*` and a digit stand at the start of each.
      for (const command of data
        .toString('latin1')
        .toLowerCase()
        .split(/(?=\*\d)/)) {
        socket.write(answer(socket, command));
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    hold: () => {
      isHeld = true;
    },
    asked: async () => {
      if (waiting.size === 0) await once(signals, 'asked');
    },
    release: () => {
      isHeld = false;
      for (const socket of waiting) socket.write(primary);
      waiting.clear();
    },
    announceFailover: () => {
      for (const socket of listeners) socket.write(list('message', CHANNEL, 'main'));
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
