import { describe, expect, it } from 'vitest';
import { parseDemoArguments, parseStartArguments } from '../../../deploy/launcher/arguments.ts';
import { LauncherFault } from '../../../deploy/launcher/launcher-fault.ts';

const faultOf = (work: () => unknown): LauncherFault => {
  try {
    work();
  } catch (error) {
    if (error instanceof LauncherFault) return error;
    throw error;
  }
  throw new Error('nothing was refused');
};

describe('the arguments of the demo', () => {
  it('are all off when none is given', () => {
    expect(parseDemoArguments([])).toEqual({ check: false, reset: false, verbose: false, state: undefined });
  });

  it('are read by name', () => {
    expect(parseDemoArguments(['--reset', '--verbose', '--state', 'here'])).toEqual({
      check: false,
      reset: true,
      verbose: true,
      state: 'here',
    });
    expect(parseDemoArguments(['--check']).check).toBe(true);
  });

  it.each([
    ['--nonsense'],
    ['extra'],
    ['--check', '--reset'],
    ['--check', '--state=x'],
    ['--state='],
    ['--reset=yes'],
  ])('refuse %s %s with the usage and exit code 2', (...args) => {
    const fault = faultOf(() => parseDemoArguments(args));
    expect(fault.exitCode).toBe(2);
    expect(fault.message).toContain('Usage: npm run demo');
  });
});

describe('the arguments of npm start', () => {
  it('leave the number of workers open when they do not name it', () => {
    expect(parseStartArguments([])).toEqual({ workers: undefined, verbose: false });
  });

  it.each([
    ['1', 1],
    ['64', 64],
  ])('take --workers %s', (text, workers) => {
    expect(parseStartArguments(['--workers', text]).workers).toBe(workers);
  });

  it.each(['0', '65', '-1', '1.5', '3e0', ' 3', 'many', '', '0x3'])(
    'refuse --workers=%j with what is allowed',
    (text) => {
      const fault = faultOf(() => parseStartArguments([`--workers=${text}`]));
      expect(fault.exitCode).toBe(2);
      expect(fault.message).toContain('a number from 1 to 64');
    },
  );
});
