import type { Feed, FeedPage } from '../contract/contract.ts';
import type { Key } from '../contract/keys.ts';
import { evaluate } from './evaluate.ts';
import type { RedisClient } from './connection.ts';
import { APPEND } from './scripts.ts';

/** Entries per answer; a mass revocation comes in several. */
const PAGE = 1_000;
const START = '0-0';

type Fields = readonly string[];
type StreamEntry = readonly [id: string, fields: Fields];

/**
 * A feed as a Redis Stream. Every entry carries a number that rises by one; heartbeats repeat the last number, so a
 * reader notices what it missed (a failover that lost writes, a trimmed or flushed stream) at the next heartbeat.
 * A position is `<stream id> <number>`.
 */
export function createRedisFeed(deps: {
  client: RedisClient;
  run: <T>(work: () => Promise<T>) => Promise<T>;
  key: Key;
  keepMs: number;
  close: () => Promise<void>;
}): Feed {
  const { client, run, key, keepMs } = deps;
  const append = async (kind: 'entry' | 'beat', entry: string) => {
    await run(async () => await evaluate(client, APPEND, [key.text], [kind, entry, String(keepMs)]));
  };
  const range = async (from: string) =>
    await run(async () => await client.xrange(key.text, `(${from}`, '+', 'COUNT', PAGE));
  return {
    append: async (entry) => {
      await append('entry', entry);
    },
    beat: async () => {
      await append('beat', '');
    },
    window: async () => {
      const all: StreamEntry[] = [];
      for (let from = START; ;) {
        const page = await range(from);
        all.push(...page);
        const last = page.at(-1);
        if (page.length < PAGE || last === undefined) return pageOf(all, { id: from, number: 0 });
        [from] = last;
      }
    },
    after: async (position, waitMs) => {
      const [id = START, number = '0'] = position.split(' ');
      const answer = await run(
        async () =>
          await client.xread(
            'COUNT',
            PAGE,
            'BLOCK',
            Math.max(1, Math.floor(waitMs)),
            'STREAMS',
            key.text,
            id,
          ),
      );
      return pageOf(answer?.[0]?.[1] ?? [], { id, number: Number(number) }, true);
    },
    close: deps.close,
  };
}

function pageOf(
  found: readonly StreamEntry[],
  from: { id: string; number: number },
  isContinued = false,
): FeedPage {
  const entries: string[] = [];
  let { id, number } = from;
  let isGapless = true;
  for (const [foundId, fields] of found) {
    const entry = readFields(fields);
    const isEntry = entry.value !== undefined;
    if (isContinued && entry.number !== number + (isEntry ? 1 : 0)) isGapless = false;
    if (entry.value !== undefined) entries.push(entry.value);
    id = foundId;
    number = entry.number;
  }
  return {
    entries,
    position: `${id} ${String(number)}`,
    isGapless,
    isAlive: isContinued && found.length > 0,
  };
}

function readFields(fields: Fields): { number: number; value: string | undefined } {
  const at = (name: string) => {
    const index = fields.findIndex((field, position) => position % 2 === 0 && field === name);
    return index === -1 ? undefined : fields[index + 1];
  };
  return { number: Number(at('n') ?? 0), value: at('v') };
}
