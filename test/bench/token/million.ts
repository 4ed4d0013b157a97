import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { Redis } from 'ioredis';
import { median, print } from '../support/load.ts';
import type { Ours } from './contenders.ts';
import { refreshesOf, startOurs } from './contenders.ts';

const GRANTS = 1_000_000;
const BATCH = 5_000;
const RUN_MS = 6_000;
const ROUNDS = 5;
const AT_ONCE = 4;

/**
 * Median refresh latency with a million grants in the store, over that with a thousand: two gateways on the same core,
 * each with a Redis of its own, in turns. Few at once, because a median under full load is one of waiting in line.
 */
export async function latencyRatioAtMillion(): Promise<number> {
  const places = [await startOurs(), await startOurs()] as const;
  try {
    const contenders = await Promise.all(places.map(async (place) => await place.contender(1_000)));
    await fill(places[1]);
    const medians = contenders.map(() => [] as number[]);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const [index, contender] of contenders.entries()) {
        medians[index]?.push((await refreshesOf(contender, { runMs: RUN_MS, atOnce: AT_ONCE })).medianMs);
      }
    }
    const [few = Number.NaN, many = Number.NaN] = medians.map(median);
    print(`refresh median: ${few.toFixed(2)} ms at a thousand grants, ${many.toFixed(2)} ms at a million`);
    return many / few;
  } finally {
    for (const place of places) {
      await place.stop();
      rmSync(place.folder, { recursive: true, force: true });
    }
  }
}

/** Copies real grants, and their entry in the set of due ones, under keys of other grants. */
async function fill({ redis }: Ours): Promise<void> {
  const client = new Redis(redis.port);
  try {
    const [template = ''] = (await client.keys('ocg:grant:*')).slice(0, 1);
    const record = (await client.get(template)) ?? '';
    const ttl = await client.pttl(template);
    for (let done = 0; done < GRANTS; done += BATCH) {
      const batch = client.pipeline();
      for (let index = 0; index < BATCH; index += 1) {
        const id = randomBytes(32).toString('base64url');
        batch.set(`ocg:grant:{${id}}`, record, 'PX', ttl);
        batch.zadd('ocg:grants-due:{gateway}', Date.now() + ttl, id.slice(0, 22));
      }
      await batch.exec();
    }
    print(`store: ${String(await client.dbsize())} keys`);
  } finally {
    client.disconnect();
  }
}
