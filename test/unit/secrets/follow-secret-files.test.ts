import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { optionalField, readTextFile, secretFilesOf, secretSource } from '../../../shared/config/index.ts';
import { createLogger } from '../../../shared/logger.ts';
import { createEventBus, createMetrics } from '../../../shared/ops/index.ts';
import { followSecretFiles } from '../../../shared/secrets/index.ts';
import { fakeClock } from '../../support/fake-clock.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const fields = {
  password: optionalField({
    env: 'MCP_PASSWORD',
    schema: z.string().regex(/^pw-[a-z]+$/, 'must start with pw-'),
    whenAbsent: 'none',
    secret: true,
    description: 'Password.',
    remedy: 'Set it.',
  }),
};
/** A change counts within this (ms). */
const BOUND = 5_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Follows a file with the content `pw-one`. */
function follow(path = join(temporaryFolder(), 'password'), write = true) {
  if (write) writeFileSync(path, 'pw-one\n');
  const log: string[] = [];
  const logger = createLogger({
    level: 'info',
    name: 'test',
    destination: { write: (line) => void log.push(line) },
  });
  const events = createEventBus();
  const metrics = createMetrics(events, { routes: [], githubEndpoints: [], grantEndReasons: [] });
  const clock = fakeClock();
  const follower = followSecretFiles({ clock, logger, events });
  onTestFinished(follower.close);
  const env = { MCP_PASSWORD_FILE: path };
  const config = { password: 'pw-one', secretFiles: secretFilesOf(fields, { env, readFile: readTextFile }) };
  const taken: string[] = [];
  let refuse = '';
  const lookAgain = follower.follow(secretSource(config, 'password'), (text) => {
    if (text === refuse) throw new Error('is refused by who uses it');
    taken.push(text);
  });
  const metric = async (name: string) =>
    Number(
      new RegExp(`^${name}\\{variable="MCP_PASSWORD"\\} (\\d+)$`, 'm').exec(await metrics.render())?.[1],
    );
  return {
    path,
    log,
    clock,
    follower,
    taken,
    lookAgain,
    refuse: (text: string) => {
      refuse = text;
    },
    isFaulty: async () => (await metric('octocode_mcp_secret_file_faulty')) === 1,
    changes: async () => await metric('octocode_mcp_secret_changes_total'),
  };
}

describe('the file of a secret', () => {
  it('is taken within 5 s when it is written in place, as through a bind mount', async () => {
    const { path, taken, log, changes } = follow();
    expect(await changes()).toBe(0);
    writeFileSync(path, 'pw-two\n');
    vi.advanceTimersByTime(BOUND);
    expect(taken).toEqual(['pw-two']);
    expect(await changes()).toBe(1);
    expect(log.join('')).toContain('MCP_PASSWORD');
    expect(log.join('')).not.toContain('pw-two');
  });

  it('is taken when another file is renamed over it, as editors do', () => {
    const { path, taken } = follow();
    writeFileSync(`${path}.new`, 'pw-two');
    renameSync(`${path}.new`, path);
    vi.advanceTimersByTime(BOUND);
    expect(taken).toEqual(['pw-two']);
  });

  it('is taken when a symbolic link above it is replaced, as Kubernetes does', () => {
    const folder = temporaryFolder();
    const version = (name: string, text: string) => {
      mkdirSync(join(folder, name));
      writeFileSync(join(folder, name, 'password'), text);
      symlinkSync(name, join(folder, 'data.new'));
      renameSync(join(folder, 'data.new'), join(folder, 'data'));
    };
    version('v1', 'pw-one');
    symlinkSync(join('data', 'password'), join(folder, 'password'));
    const { taken } = follow(join(folder, 'password'), false);
    version('v2', 'pw-two');
    vi.advanceTimersByTime(BOUND);
    expect(taken).toEqual(['pw-two']);
  });

  it('is not taken half written: two looks in a row must find the same', () => {
    const { path, taken } = follow();
    writeFileSync(path, 'pw-tw');
    vi.advanceTimersByTime(2_000);
    writeFileSync(path, 'pw-two');
    vi.advanceTimersByTime(BOUND);
    expect(taken).toEqual(['pw-two']);
  });

  it('is not taken while it stays the same, and no look says anything', () => {
    const { log, taken } = follow();
    vi.advanceTimersByTime(10 * BOUND);
    expect([taken, log]).toEqual([[], []]);
  });

  it.each([
    ['is gone', (path: string) => rmSync(path), 'ENOENT'],
    ['is empty', (path: string) => writeFileSync(path, ''), 'empty'],
    ['is malformed', (path: string) => writeFileSync(path, 'geheim'), 'must start with pw-'],
    [
      'is refused by who uses it',
      (path: string) => writeFileSync(path, 'pw-bad'),
      'is refused by who uses it',
    ],
    [
      'cannot be read',
      (path: string) => {
        rmSync(path);
        mkdirSync(path);
      },
      'EISDIR',
    ],
  ])(
    'that %s changes nothing, is told once without its content, and until it is mended',
    async (_title, spoil, problem) => {
      const { path, taken, log, refuse, isFaulty } = follow();
      refuse('pw-bad');
      spoil(path);
      vi.advanceTimersByTime(10 * BOUND);
      expect(taken).toEqual([]);
      expect(await isFaulty()).toBe(true);
      expect(log.map((line) => JSON.parse(line) as unknown)).toEqual([
        expect.objectContaining({
          level: 'error',
          variable: 'MCP_PASSWORD',
          path,
          problem: expect.stringContaining(problem) as unknown,
        }),
      ]);
      expect(log.join('')).not.toMatch(/geheim|pw-bad/);
      rmSync(path, { recursive: true, force: true });
      writeFileSync(path, 'pw-one');
      vi.advanceTimersByTime(BOUND);
      expect([taken, await isFaulty()]).toEqual([[], false]);
      writeFileSync(path, 'pw-two');
      vi.advanceTimersByTime(BOUND);
      expect(taken).toEqual(['pw-two']);
    },
  );

  it('that is broken for less than two looks is told to nobody', async () => {
    const { path, log, isFaulty } = follow();
    writeFileSync(path, '');
    vi.advanceTimersByTime(2_000);
    writeFileSync(path, 'pw-one');
    vi.advanceTimersByTime(BOUND);
    expect([log, await isFaulty()]).toEqual([[], false]);
  });

  it('is looked at at once when something unknown turns up, once a second at most', () => {
    const { path, clock, taken, lookAgain } = follow();
    writeFileSync(path, 'pw-two');
    expect(lookAgain()).toBe(true);
    writeFileSync(path, 'pw-three');
    clock.advance(999);
    expect(lookAgain()).toBe(false);
    clock.advance(1);
    expect(lookAgain()).toBe(true);
    clock.advance(1_000);
    expect(lookAgain()).toBe(false);
    expect(taken).toEqual(['pw-two', 'pw-three']);
  });

  it('that is broken is no other secret when something unknown turns up', async () => {
    const { path, log, taken, refuse, lookAgain, isFaulty } = follow();
    refuse('pw-bad');
    writeFileSync(path, 'pw-bad');
    expect(lookAgain()).toBe(false);
    expect([taken, log, await isFaulty()]).toEqual([[], [], false]);
  });

  it('is looked at no more once the follower is closed', () => {
    const { path, taken, follower } = follow();
    follower.close();
    writeFileSync(path, 'pw-two');
    vi.advanceTimersByTime(10 * BOUND);
    expect(taken).toEqual([]);
  });
});

describe('a secret that comes from no file', () => {
  it('is followed nowhere', () => {
    const env = { MCP_PASSWORD: 'pw-one' };
    expect(secretFilesOf(fields, { env, readFile: readTextFile })).toEqual({});
  });
});
