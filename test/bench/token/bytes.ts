import { setTimeout as delay } from 'node:timers/promises';
import { forEach } from '../support/load.ts';
import type { Ours } from './contenders.ts';
import { refresh } from './contenders.ts';

/** Records that go by themselves within two hours of a sign-in are not what a signed-in client costs (s). */
const PASSING_SECONDS = 2 * 60 * 60;
const AT_ONCE = 16;
/** REFRESH_TOKEN_REUSE_WINDOW and a little (ms). */
const REUSE_WINDOW_MS = 31_000;

/**
 * What a signed-in client costs in Redis after many rotations, by MEMORY USAGE of every key that appeared: what lasts,
 * and all of it right after the sign-in (sessions, codes and interactions as well).
 */
export async function bytesPerClient(
  ours: Ours,
  { clients, rotations }: { clients: number; rotations: number },
): Promise<{ lasting: number; atOnce: number }> {
  const before = new Set(allKeys(ours));
  const setsBefore = setSizes(ours, before);
  const contender = await ours.contender(clients);
  await forEach(clients, AT_ONCE, async (client) => {
    for (let rotation = 0; rotation < rotations; rotation += 1) await refresh(contender, client);
  });
  // While rotations follow each other within the window, each is remembered; one later forgets them.
  await delay(REUSE_WINDOW_MS);
  await forEach(clients, AT_ONCE, async (client) => {
    await refresh(contender, client);
  });
  await contender.pool.close();
  const after = allKeys(ours);
  let lasting = 0;
  let atOnce = 0;
  for (const key of after.filter((each) => !before.has(each))) {
    const bytes = memoryOf(ours, key);
    atOnce += bytes;
    const ttl = Number(ours.redis.cli('ttl', key));
    if (ttl < 0 || ttl > PASSING_SECONDS) lasting += bytes;
  }
  // Sets that all clients share grew by their entries.
  const growth = [...setsBefore].reduce((sum, [key, bytes]) => sum + memoryOf(ours, key) - bytes, 0);
  return { lasting: (lasting + growth) / clients, atOnce: (atOnce + growth) / clients };
}

function allKeys(ours: Ours): string[] {
  return ours.redis.cli('--scan').split('\n').filter(Boolean);
}

function setSizes(ours: Ours, keys: ReadonlySet<string>): Map<string, number> {
  const shared = [...keys].filter((key) => /^ocg:(?:grants-due|unused-clients|retirements-due)/.test(key));
  return new Map(shared.map((key) => [key, memoryOf(ours, key)]));
}

function memoryOf(ours: Ours, key: string): number {
  return Number(ours.redis.cli('memory', 'usage', key, 'samples', '0'));
}
