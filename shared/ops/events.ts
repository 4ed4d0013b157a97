import type { Logger } from '../logger.ts';

/**
 * Everything that happens in a process and that metrics, audit or log want to know. A closed list: what is not
 * here cannot be emitted. No event carries a token, a code or a secret.
 */
export type GatewayEvent =
  | {
      readonly type: 'http.request.finished';
      readonly method: string;
      /** The route's pattern, never the path as sent. */
      readonly route: string;
      readonly status: number;
      readonly durationSeconds: number;
      readonly requestId: string;
    }
  | {
      readonly type: 'token.issued';
      readonly grantType: string;
      readonly clientId: string;
      readonly accountId: string;
      readonly grantId: string;
    }
  /** A refresh was answered once more after its window, because nobody had shown what it brought. */
  | {
      readonly type: 'refresh.answered_late';
      readonly grantId: string;
      readonly clientId: string;
      readonly accountId: string;
    }
  /** `reason` is of a closed list, or the OAuth error code; `ended` says why the grant ended before. */
  | {
      readonly type: 'token.refused';
      readonly grantType?: string;
      readonly reason: string;
      readonly clientId?: string;
      readonly grantId?: string;
      readonly ended?: string | undefined;
    }
  /** `result` is `valid`, or the reason why not. */
  | { readonly type: 'access_token.verified'; readonly result: string }
  | { readonly type: 'login.started'; readonly clientId: string }
  | { readonly type: 'login.consent.denied'; readonly clientId: string }
  | { readonly type: 'login.finished'; readonly accountId: string; readonly clientId: string }
  | { readonly type: 'login.failed'; readonly reason: string }
  | {
      readonly type: 'grant.ended';
      readonly grantId: string;
      readonly reason: string;
      readonly clientId: string;
      readonly accountId: string;
    }
  /** GitHub or the operator's rules refuse an account; `reason` is of a closed list. */
  | { readonly type: 'membership.denied'; readonly accountId: string; readonly reason: string }
  /** The login of an organization of `GITHUB_ORGANIZATION` belongs to somebody else now. */
  | { readonly type: 'organization.changed' }
  /** `event` is the name of an event we know, or `other`. */
  | { readonly type: 'webhook.received'; readonly event: string; readonly result: string }
  | { readonly type: 'step_up.asked'; readonly clientId: string; readonly scope: string }
  | { readonly type: 'client.registered'; readonly clientId: string }
  /** Members of client metadata that were not kept; their names are the client's. */
  | { readonly type: 'client.metadata.dropped'; readonly members: readonly string[] }
  | {
      readonly type: 'proxy.call.finished';
      readonly worker: string;
      readonly status: number;
      readonly durationSeconds: number;
    }
  | { readonly type: 'proxy.call.failed'; readonly worker: string; readonly reason: string }
  /** A look at the file of a secret changed something; `variable` is the environment name of the secret. */
  | {
      readonly type: 'secret.file.seen';
      readonly variable: string;
      readonly result: 'followed' | 'taken' | 'refused' | 'mended';
    }
  | { readonly type: 'github.call.finished'; readonly endpoint: string; readonly status: number }
  /** A call met a bound on what runs at once; `limit` is of a closed list. */
  | { readonly type: 'call.limited'; readonly limit: string }
  /** A request that no application saw; `listener` and `reason` are of closed lists. */
  | {
      readonly type: 'edge.refused';
      readonly listener: string;
      readonly reason: string;
      readonly status: number;
      readonly method: string;
      readonly requestId: string;
    }
  /** A client's connection opened (+1) or closed (-1). */
  | { readonly type: 'connections.changed'; readonly delta: number };

export type GatewayEventType = GatewayEvent['type'];
export type EventOf<T extends GatewayEventType> = Extract<GatewayEvent, { readonly type: T }>;
type Listener<E> = (event: E) => void;

type Listeners = readonly Listener<GatewayEvent>[];

const NOBODY: Listeners = [];

export interface EventBus {
  /** Tells every listener, one after the other, before it returns. Never throws. */
  emit(event: GatewayEvent): void;
  /** Registers a listener for one type, or for all with `*`; the function returned removes it. */
  on(type: '*', listener: Listener<GatewayEvent>): () => void;
  on<T extends GatewayEventType>(type: T, listener: Listener<EventOf<T>>): () => void;
  /** How many times a listener has thrown. */
  listenerErrors(): number;
}

/**
 * Creates the event bus of a process. A listener that throws is counted and logged; neither the emitter nor the other
 * listeners notice: a fault in a metric must not fail a sign-in.
 */
export function createEventBus({ logger }: { readonly logger?: Logger } = {}): EventBus {
  /** Lists are replaced, never changed: who is told an event was there when it happened, and no list is made for each. */
  const listeners = new Map<string, Listeners>();
  let errors = 0;

  const tell = (event: GatewayEvent, listener: Listener<GatewayEvent>) => {
    try {
      listener(event);
    } catch (err) {
      errors += 1;
      logger?.error({ err, event: event.type }, 'an event listener failed');
    }
  };

  return {
    emit(event) {
      const own = listeners.get(event.type) ?? NOBODY;
      const all = listeners.get('*') ?? NOBODY;
      for (const listener of own) tell(event, listener);
      for (const listener of all) tell(event, listener);
    },
    on(type: string, listener: Listener<never>) {
      // Listeners are filed under the type they take, and are only told events of that type.
      const filed = listener as Listener<GatewayEvent>;
      listeners.set(type, [...(listeners.get(type) ?? NOBODY), filed]);
      return () => {
        const others = (listeners.get(type) ?? NOBODY).filter((each) => each !== filed);
        listeners.set(type, others);
      };
    },
    listenerErrors: () => errors,
  };
}
