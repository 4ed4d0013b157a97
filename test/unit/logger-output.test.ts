import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const LOGGER = fileURLToPath(new URL('../../shared/logger.ts', import.meta.url));

/** Runs a program with a logger on its standard output; answers the messages that it wrote. */
function messagesOf(program: string): string[] {
  const source = `import { createLogger } from ${JSON.stringify(LOGGER)};
    const logger = createLogger({ level: 'info', name: 'test' });
    ${program}`;
  const { stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', source], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  const lines = stdout.split('\n').filter((line) => line !== '');
  return lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
}

describe('log lines on standard output', () => {
  it.each([
    ['by itself', ''],
    ['at once', 'process.exit(1);'],
    ['by a fault that nobody caught', "throw new Error('unforeseen');"],
  ])('are all written when the process ends %s', (_how, end) => {
    expect(messagesOf(`logger.info('one'); logger.error('two'); ${end}`)).toEqual(['one', 'two']);
  });

  it('are written in their order, none lost, when one turn brings more than is held', () => {
    const program = "for (let each = 0; each < 5000; each += 1) logger.info('line ' + each);";
    const expected = Array.from({ length: 5_000 }, (_, each) => `line ${String(each)}`);
    expect(messagesOf(`${program} process.exit(0);`)).toEqual(expected);
  });

  it('are there before the process has anything else to do: nobody waits for a ready line', () => {
    const program = "logger.info('ready'); setTimeout(() => process.kill(process.pid, 'SIGKILL'), 200);";
    expect(messagesOf(program)).toEqual(['ready']);
  });
});
