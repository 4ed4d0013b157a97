import { z } from 'zod';
import type { Clock } from '../../../shared/clock.ts';
import type { RecordFamily, Store } from '../../../shared/store/index.ts';
import { createRecords, keys } from '../../../shared/store/index.ts';
import type { KeyRing } from '../../../shared/vault/index.ts';
import { recordMacKeys } from '../../../shared/vault/index.ts';

const REMEMBERED_MS = 24 * 60 * 60_000;

const family: RecordFamily<{ readonly event: string }> = {
  schema: 1,
  shape: z.strictObject({ event: z.string() }),
};

/** Deliveries that were handled to the end, by `X-GitHub-Delivery`, for a day. */
export interface WebhookDeliveries {
  isHandled(id: string): Promise<boolean>;
  remember(id: string, event: string): Promise<void>;
}

export function createWebhookDeliveries(deps: {
  store: Store;
  gatewayRing: KeyRing;
  clock: Clock;
}): WebhookDeliveries {
  const { store, clock } = deps;
  const records = createRecords(store, family, recordMacKeys(deps.gatewayRing));
  return {
    isHandled: async (id) => (await records.read(keys.webhookDelivery(id))) !== undefined,
    remember: async (id, event) => {
      const options = { expiresAt: clock.now() + REMEMBERED_MS };
      await store.commit([records.put(keys.webhookDelivery(id), { event }, options)]);
    },
  };
}
