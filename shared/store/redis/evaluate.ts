import type { RedisClient } from './connection.ts';
import type { Script } from './scripts.ts';

/** Runs a script by its digest, and by its text where the server does not know it (a restart, `SCRIPT FLUSH`). */
export async function evaluate(
  client: RedisClient,
  script: Script,
  keys: string[],
  values: string[],
): Promise<unknown> {
  try {
    return await client.evalsha(script.digest, keys.length, ...keys, ...values);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return await client.eval(script.text, keys.length, ...keys, ...values);
  }
}
