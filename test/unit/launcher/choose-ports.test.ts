import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { choosePorts, describeMove } from '../../../deploy/launcher/choose-ports.ts';
import type { PortRequest } from '../../../deploy/launcher/choose-ports.ts';

const request = (name: string, preferred: number, fixedBy?: string): PortRequest => ({
  name,
  preferred,
  hosts: ['127.0.0.1'],
  ...(fixedBy === undefined ? {} : { fixedBy }),
});

const freeExcept =
  (...taken: number[]) =>
  (port: number) =>
    Promise.resolve(!taken.includes(port));

const NONE = new Map<string, number>();

describe('the choice of ports', () => {
  it('takes the preferred ports when they are free', async () => {
    const { ports, moved } = await choosePorts([request('a', 3000), request('b', 8080)], NONE, freeExcept());
    expect([...ports]).toEqual([
      ['a', 3000],
      ['b', 8080],
    ]);
    expect(moved).toEqual([]);
  });

  it('takes the next free port for a taken one, and says so in one line', async () => {
    const { ports, moved } = await choosePorts([request('a', 3000)], NONE, freeExcept(3000, 3001));
    expect(ports.get('a')).toBe(3002);
    expect(moved.map(describeMove)).toEqual(['Port 3000 is taken: a uses 3002 from now on.']);
  });

  it('moves to no port that another request wants', async () => {
    const requests = [request('a', 8080), request('b', 8081), request('c', 8082)];
    const { ports, moved } = await choosePorts(requests, NONE, freeExcept(8080));
    expect([...ports.values()]).toEqual([8083, 8081, 8082]);
    expect(moved).toHaveLength(1);
  });

  it('prefers the kept port', async () => {
    const { ports } = await choosePorts([request('a', 3000)], new Map([['a', 4000]]), freeExcept());
    expect(ports.get('a')).toBe(4000);
  });

  it('refuses a taken port that a variable fixes, with exit code 2 and the variable', async () => {
    const choosing = choosePorts([request('a', 3000, 'MCP_HTTP_PORT')], NONE, freeExcept(3000));
    await expect(choosing).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining('MCP_HTTP_PORT') as string,
    });
  });

  it('prefers a fixed port to a kept one', async () => {
    const kept = new Map([['a', 4000]]);
    const { ports } = await choosePorts([request('a', 3000, 'MCP_HTTP_PORT')], kept, freeExcept());
    expect(ports.get('a')).toBe(3000);
  });

  it('says when there is no port left', async () => {
    const choosing = choosePorts([request('a', 65_000)], NONE, () => Promise.resolve(false));
    await expect(choosing).rejects.toThrow('no free port from 65000');
  });

  it('gives every request a port of its own that is free, and keeps them the next time', async () => {
    const port = fc.integer({ min: 1000, max: 1040 });
    await fc.assert(
      fc.asyncProperty(
        fc.array(port, { maxLength: 8 }),
        fc.array(port),
        fc.dictionary(fc.constantFrom('0', '1', '2'), port),
        async (preferred, taken, keptBefore) => {
          const requests = preferred.map((wanted, index) => request(String(index), wanted));
          const isFree = freeExcept(...taken);
          const first = await choosePorts(requests, new Map(Object.entries(keptBefore)), isFree);
          const chosen = [...first.ports.values()];
          expect(new Set(chosen).size).toBe(requests.length);
          expect(chosen.filter((each) => taken.includes(each))).toEqual([]);
          const again = await choosePorts(requests, first.ports, isFree);
          expect(again).toEqual({ ports: first.ports, moved: [] });
        },
      ),
    );
  });
});
