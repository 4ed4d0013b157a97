import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';

const MAIN = new URL('../../github-simulator/main.ts', import.meta.url).pathname;

function start(...parameters: string[]) {
  const child = spawn(process.execPath, [MAIN, ...parameters], { stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

describe('the simulator process', () => {
  it('prints one line with its addresses, serves, and ends with 0 on SIGTERM', async () => {
    const child = start('--port', '0');
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const { ready, web, api, control } = JSON.parse(line) as Record<string, string>;
    expect(ready).toBe(true);
    expect(await (await fetch(`${String(web)}/`)).text()).toContain('None of its tokens open anything');
    expect((await fetch(`${String(api)}/zen`)).status).toBe(200);
    expect(await (await fetch(`${String(control)}/journal`)).json()).toHaveLength(2);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([0, null]);
  });

  it.each([['--port', 'x'], ['--port', '70000'], ['--nonsense']])(
    'says what is wrong with %s %s',
    async (...parameters) => {
      const child = start(...parameters);
      let errors = '';
      child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
      expect(await once(child, 'close')).toEqual([1, null]);
      expect(errors).toContain('--web-port');
    },
  );
});
