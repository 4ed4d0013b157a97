import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { repository } from './depcruise.ts';

const rooms = ['gateway', 'shared'].flatMap((floor) =>
  readdirSync(join(repository, floor), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => `${floor}/${entry.name}`)
    .filter((room) => readdirSync(join(repository, room)).length > 0),
);

const sources = globSync('{gateway,worker,shared,deploy,test}/**/*.{ts,mts,mjs,cjs,js}', {
  cwd: repository,
});

/** Names that say nothing about what is inside, and so collect everything. */
const DRAWERS = /^(utils?|helpers?|common|misc|managers?|services?)([.-]|$)/;

describe('the rooms', () => {
  it('were found', () => {
    expect(rooms.length).toBeGreaterThan(5);
    expect(sources.length).toBeGreaterThan(50);
  });

  it.each(rooms)('%s has a door and a card', (room) => {
    expect(existsSync(join(repository, room, 'index.ts'))).toBe(true);
    expect(existsSync(join(repository, room, 'README.md'))).toBe(true);
  });
});

describe('the file names', () => {
  it('are in kebab case, except tools, which carry the name of their MCP tool', () => {
    const others = sources
      .filter((path) => !path.startsWith('worker/tools/') && !path.startsWith('test/unit/worker/tools/'))
      .filter((path) => !/^[a-z0-9]+(?:[-.][a-z0-9]+)*$/.test(basename(path)));
    expect(others).toEqual([]);
  });

  it('say what is inside', () => {
    expect(sources.filter((path) => path.split('/').some((part) => DRAWERS.test(part)))).toEqual([]);
  });
});

/** A path of the resource in a text; the names of modules do not count. */
const LITERAL = /['"`](?![.]{1,2}[/])[^'"`\n]*[/]mcp(?:['"`/?#]|$)/m;

describe('the path of a resource', () => {
  it('stands in one file, so that another resource is an entry there', () => {
    const product = sources.filter((path) => !path.startsWith('test/'));
    const naming = product.filter((path) => LITERAL.test(readFileSync(join(repository, path), 'utf8')));
    expect(naming).toEqual(['shared/resources.ts']);
  });
});
