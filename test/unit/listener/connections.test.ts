import { Socket } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connectionLimit } from '../../../shared/listener/index.ts';
import { createConnections } from '../../../shared/listener/connections.ts';

const RULES = {
  max: 10,
  maxPerAddress: 3,
  groupOf: (address: string) => (address === 'balancer' ? undefined : address),
};

function from(address: string): Socket {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: address });
  return socket;
}

function filled(addresses: readonly string[], rules = RULES) {
  const connections = createConnections(rules);
  const sockets = addresses.map(from);
  const admissions = sockets.map((socket) => connections.admit(socket));
  return { connections, sockets, admissions };
}

describe('the share of an address', () => {
  it('S1: one more closes its own longest idle connection, nobody else’s', () => {
    const { sockets, admissions } = filled(['other', 'a', 'a', 'a', 'a']);
    expect(admissions.at(-1)).toBe('in_place_of_another');
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([false, true, false, false, false]);
  });

  it('S1: where all of its connections are busy the new one is refused', () => {
    const { connections, sockets } = filled(['a', 'a', 'a']);
    for (const socket of sockets) connections.began(socket);
    expect(connections.admit(from('a'))).toBe('refused');
    expect(connections.admit(from('b'))).toBe('admitted');
  });

  it('S1: does not hold for a load balancer', () => {
    expect(filled(Array<string>(10).fill('balancer')).admissions).toEqual(Array<string>(10).fill('admitted'));
  });
});

describe('all places taken', () => {
  it('S1: the longest idle goes; busy ones stay, and one that was busy is idle again last', () => {
    const { connections, sockets } = filled(Array<string>(10).fill('balancer'));
    const [first = new Socket(), second = new Socket(), third = new Socket()] = sockets;
    connections.began(first);
    connections.began(second);
    connections.ended(second);
    expect(connections.admit(from('x'))).toBe('in_place_of_another');
    expect([first, second, third].map(({ destroyed }) => destroyed)).toEqual([false, false, true]);
  });

  it('a closed connection gives its place back', async () => {
    const { connections, sockets } = filled(['a', 'a', 'a']);
    sockets[0]?.destroy();
    await new Promise((resolve) => setImmediate(resolve));
    expect(connections.admit(from('a'))).toBe('admitted');
  });

  it('never holds more than the rules allow, whatever happens in which order', () => {
    const step = fc.record({
      what: fc.constantFrom('admit', 'began', 'ended'),
      address: fc.constantFrom('a', 'b', 'c', 'd', 'balancer'),
      which: fc.nat(20),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const connections = createConnections(RULES);
        const taken: { socket: Socket; address: string; open: number }[] = [];
        for (const { what, address, which } of steps) {
          const live = taken.filter(({ socket }) => !socket.destroyed);
          const chosen = live[which % Math.max(1, live.length)];
          if (what === 'admit') {
            const socket = from(address);
            if (connections.admit(socket) !== 'refused') taken.push({ socket, address, open: 0 });
          } else if (what === 'began' && chosen !== undefined) {
            connections.began(chosen.socket);
            chosen.open += 1;
          } else if (chosen !== undefined && chosen.open > 0) {
            connections.ended(chosen.socket);
            chosen.open -= 1;
          }
          const now = taken.filter(({ socket }) => !socket.destroyed);
          expect(now.length).toBeLessThanOrEqual(RULES.max);
          for (const of of ['a', 'b', 'c', 'd']) {
            expect(now.filter((each) => each.address === of).length).toBeLessThanOrEqual(RULES.maxPerAddress);
          }
          expect(taken.filter(({ socket, open }) => socket.destroyed && open > 0)).toEqual([]);
        }
      }),
    );
  });
});

describe('a drain', () => {
  it('closes idle connections at once and a busy one with its answer', () => {
    const { connections, sockets } = filled(['a', 'b']);
    const [idle = new Socket(), busy = new Socket()] = sockets;
    connections.began(busy);
    connections.drain();
    expect([idle.destroyed, busy.destroyed]).toEqual([true, false]);
    connections.ended(busy);
    expect(busy.writable).toBe(false);
  });
});

describe('connectionLimit', () => {
  it.each([
    [undefined, 1_048_576, 10_000],
    [undefined, 4_096, 3_072],
    [undefined, 1_024, 512],
    [50_000, 1_048_576, 50_000],
    [50_000, 4_096, 3_072],
    [100, Infinity, 100],
  ])('%s wanted and %d descriptors give %d', (wanted, descriptors, limit) => {
    expect(connectionLimit(wanted, descriptors)).toBe(limit);
  });
});
