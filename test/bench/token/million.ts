import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';
import { median, print } from '../support/load.ts';
import type { Ours } from './contenders.ts';
import { refreshesOf } from './contenders.ts';

const GRANTS = 1_000_000;
const BATCH = 5_000;
const RUN_MS = 8_000;
const ROUNDS = 3;

/** Median refresh latency with a million grants in the store, over that with a thousand. */
export async function latencyRatioAtMillion(ours: Ours): Promise<number> {
  const contender = await ours.contender(1_000);
  const measureMedian = async () => {
    const rounds: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      rounds.push((await refreshesOf(contender, RUN_MS)).medianMs);
    }
    return median(rounds);
  };
  const few = await measureMedian();
  await fill(ours);
  const many = await measureMedian();
  print(`refresh median: ${few.toFixed(2)} ms at a thousand grants, ${many.toFixed(2)} ms at a million`);
  await contender.pool.close();
  return many / few;
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
