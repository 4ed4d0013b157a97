import { createHmac, randomUUID } from 'node:crypto';
import type { Clock } from '../../shared/clock.ts';
import type { SimulatedApp, SimulatorState, WebhookTarget } from './state.ts';

export interface WebhookDelivery {
  /** `X-GitHub-Delivery`; a redelivery has the same. */
  readonly id: string;
  readonly at: number;
  readonly clientId: string;
  readonly event: string;
  readonly url: string;
  readonly redelivery: boolean;
  /** Null while unanswered, and for good when no answer came. */
  readonly status: number | null;
  /** Why no answer came. */
  readonly error: string | null;
  readonly payload: unknown;
}

export interface Webhooks {
  /** Sends an event to an app that has a webhook; returns before the delivery is answered. */
  send(app: SimulatedApp, event: string, payload: Readonly<Record<string, unknown>>): void;
  deliveries(): WebhookDelivery[];
  /** Sends the same bytes under the same id again. @throws RangeError for an unknown id or an app without webhook. */
  redeliver(id: string): Promise<WebhookDelivery>;
  /** Resolves when no delivery is under way. */
  settled(): Promise<void>;
  /** Forgets the deliveries and gives up those under way. */
  clear(): void;
}

export interface WebhooksDeps {
  readonly state: SimulatorState;
  readonly clock: Clock;
  /** Headers that tell which installation of GitHub sends. */
  readonly hostHeaders: () => Readonly<Record<string, string>>;
}

interface Kept extends Omit<WebhookDelivery, 'payload'> {
  readonly body: string;
}

/** GitHub gives a receiver ten seconds. */
const TIMEOUT_MS = 10_000;
/** Bounds the memory of a long-running simulator. */
const KEPT_DELIVERIES = 1000;

export function createWebhooks(deps: WebhooksDeps): Webhooks {
  let kept: Kept[] = [];
  let givingUp = new AbortController();
  const underWay = new Set<Promise<WebhookDelivery>>();
  const start = (
    attempt: Omit<Kept, 'url' | 'status' | 'error'>,
    app: SimulatedApp,
    target: WebhookTarget,
  ) => {
    const delivery = { ...attempt, url: target.url, status: null, error: null };
    kept = [...kept.slice(1 - KEPT_DELIVERIES), delivery];
    const outcome = deliver(deps, delivery, { app, target, signal: givingUp.signal }).then((answered) => {
      kept = kept.map((each) => (each === delivery ? answered : each));
      underWay.delete(outcome);
      return shown(answered);
    });
    underWay.add(outcome);
    return outcome;
  };
  return {
    send: (app, event, payload) => {
      const target = deps.state.webhooks.get(app.clientId);
      if (target === undefined) return;
      const body = JSON.stringify(payload);
      const { clientId } = app;
      void start(
        { id: randomUUID(), at: deps.clock.now(), clientId, event, redelivery: false, body },
        app,
        target,
      );
    },
    deliveries: () => kept.map(shown),
    redeliver: async (id) => {
      const first = kept.find((each) => each.id === id);
      const app = deps.state.apps.get(first?.clientId ?? '');
      const target = deps.state.webhooks.get(first?.clientId ?? '');
      if (first === undefined) throw new RangeError(`no delivery ${JSON.stringify(id)}`);
      if (app === undefined || target === undefined) throw new RangeError('the app has no webhook any more');
      const { clientId, event, body } = first;
      return start({ id, at: deps.clock.now(), clientId, event, redelivery: true, body }, app, target);
    },
    settled: async () => {
      while (underWay.size > 0) await Promise.all(underWay);
    },
    clear: () => {
      kept = [];
      givingUp.abort();
      givingUp = new AbortController();
    },
  };
}

function shown({ body, ...delivery }: Kept): WebhookDelivery {
  return { ...delivery, payload: JSON.parse(body) as unknown };
}

/** One POST, never followed elsewhere and never repeated. Does not fail: an error is part of the record. */
async function deliver(
  { hostHeaders }: WebhooksDeps,
  delivery: Kept,
  { app, target, signal }: { app: SimulatedApp; target: WebhookTarget; signal: AbortSignal },
): Promise<Kept> {
  const { body, event, id } = delivery;
  try {
    const answer = await fetch(target.url, {
      method: 'POST',
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(TIMEOUT_MS)]),
      headers: {
        ...hostHeaders(),
        accept: '*/*',
        'content-type': 'application/json',
        'user-agent': 'GitHub-Hookshot/5131a7d',
        'x-github-event': event,
        'x-github-delivery': id,
        'x-github-hook-id': String(app.id),
        'x-github-hook-installation-target-id': String(app.id),
        'x-github-hook-installation-target-type': 'integration',
        'x-hub-signature-256': `sha256=${createHmac('sha256', target.secret).update(body).digest('hex')}`,
      },
      body,
    });
    await answer.body?.cancel();
    return { ...delivery, status: answer.status };
  } catch (error) {
    return { ...delivery, error: reasonOf(error) };
  }
}

function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  if (cause instanceof Error && 'code' in cause) return String(cause.code);
  return error instanceof Error ? error.name : 'unknown';
}
