import { connect, createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** A door in front of a Redis that can hold back an answer at an exact moment. */
export interface RedisDoor {
  readonly port: number;
  /**
   * Resolves when Redis has answered the first command that matches, sent from now on; this answer, and all that follow,
   * are kept from who asked. The command has run: what comes next is the moment after a commit and before its caller
   * knows.
   */
  holdAnswerTo(command: RegExp): Promise<void>;
  close(): Promise<void>;
}

/** Opens a door to a Redis on loopback, on a free port. */
export async function openRedisDoor(redisPort: number): Promise<RedisDoor> {
  const sockets = new Set<Socket>();
  let held: { readonly command: RegExp; readonly answered: () => void } | undefined;
  const server = createServer((caller) => {
    const redis = connect(redisPort, '127.0.0.1');
    let isHolding = false;
    for (const socket of [caller, redis]) {
      sockets.add(socket.on('error', () => undefined).on('close', () => sockets.delete(socket)));
    }
    caller.on('data', (sent) => {
      isHolding ||= held?.command.test(sent.toString('latin1')) ?? false;
      redis.write(sent);
    });
    redis.on('data', (answer) => {
      if (isHolding) held?.answered();
      else caller.write(answer);
    });
    caller.on('close', () => redis.destroy());
    redis.on('close', () => caller.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    holdAnswerTo: async (command) => {
      await new Promise<void>((answered) => {
        held = { command, answered };
      });
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
