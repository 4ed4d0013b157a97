import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { takeStateFolder } from '../../../deploy/launcher/state-folder.ts';

describe('a state folder', () => {
  let path: string;
  beforeEach(() => {
    const parent = mkdtempSync(join(tmpdir(), 'state-folder-'));
    path = join(parent, 'state');
    onTestFinished(() => {
      rmSync(parent, { recursive: true });
    });
  });

  it('keeps ports for the next launcher', () => {
    const first = takeStateFolder(path);
    expect(first.keptPorts()).toEqual(new Map());
    first.keepPorts(new Map([['gateway', 3001]]));
    first.release();
    const second = takeStateFolder(path);
    expect(second.keptPorts()).toEqual(new Map([['gateway', 3001]]));
    expect(second.wasKilled).toBe(false);
  });

  it('forgets everything on a reset', () => {
    const first = takeStateFolder(path);
    first.keepPorts(new Map([['gateway', 3001]]));
    writeFileSync(join(path, 'gateway.db'), 'x');
    first.release();
    expect(takeStateFolder(path, { reset: true }).keptPorts()).toEqual(new Map());
    expect(existsSync(join(path, 'gateway.db'))).toBe(false);
  });

  it('is not reset when something else filled it', () => {
    takeStateFolder(path).release();
    const precious = join(path, 'thesis.txt');
    writeFileSync(precious, 'x');
    expect(() => takeStateFolder(path, { reset: true })).toThrow('is not reset');
    expect(existsSync(precious)).toBe(true);
  });

  it('is refused while another living process has it', () => {
    takeStateFolder(path).release();
    writeFileSync(join(path, 'launcher.pid'), `${process.ppid}\n`);
    expect(() => takeStateFolder(path)).toThrow(`in use by process ${process.ppid}`);
  });

  it.each(['999999999', 'garbage', '', '-1', '0'])('is taken over from a mark that says %j', (mark) => {
    takeStateFolder(path).release();
    writeFileSync(join(path, 'launcher.pid'), mark);
    expect(takeStateFolder(path).wasKilled).toBe(mark === '999999999');
  });

  it('says which path cannot be used', () => {
    writeFileSync(path, 'a file where the folder should be');
    expect(() => takeStateFolder(path)).toThrow(path);
  });
});
