import type { Request, Response } from 'express';
import { Router } from 'express';
import type { GitHubHost } from '../../../shared/github/index.ts';
import type { Logger } from '../../../shared/logger.ts';
import type { EventBus } from '../../../shared/ops/index.ts';
import type { OverlappingSecret } from '../../../shared/secrets/index.ts';
import { inviteBody, readBody, requestFaultLog, RETRY_AFTER_SECONDS, ROUTES } from '../../http/index.ts';
import type { Accounts } from '../../grants/index.ts';
import type { WebhookDeliveries } from './deliveries.ts';
import { isSignedBody } from './signature.ts';
import type { WebhookOrder } from './webhook-event.ts';
import { readWebhook, WEBHOOK_EVENTS } from './webhook-event.ts';

const MAX_BODY_BYTES = 1024 * 1024;

export interface WebhookDeps {
  readonly secret: Pick<OverlappingSecret, 'accepted' | 'lookAgain'>;
  readonly host: GitHubHost;
  readonly deliveries: WebhookDeliveries;
  readonly accounts: Pick<Accounts, 'subjectOf'>;
  /** Both may fail with anything: GitHub away, store away. The delivery then counts as not handled. */
  readonly endRevoked: (sub: string) => Promise<void>;
  readonly recheck: (sub: string) => Promise<void>;
  readonly events: EventBus;
  readonly logger: Logger;
}

type WebhookResult = 'handled' | 'repeated' | 'ignored' | 'refused' | 'failed';

interface WebhookAnswer {
  readonly status: 200 | 204 | 400 | 401 | 413 | 415 | 503;
  readonly result: WebhookResult;
  /** For whoever reads the deliveries at GitHub. */
  readonly detail?: string;
}

/**
 * `POST /webhooks/github`. The signature is checked over the bytes before anything reads them; the work is done before
 * the answer. A delivery that could not be handled is answered 503 and not remembered: GitHub does not repeat it by
 * itself, but whoever has it redelivered is served.
 */
export function createWebhookRoutes(deps: WebhookDeps): Router {
  const router = Router({ caseSensitive: true, strict: true });
  router.post(ROUTES.githubWebhook, inviteBody, async (req, res) => {
    const answer = await receive(deps, req);
    const named = req.get('x-github-event') ?? '';
    const event = (WEBHOOK_EVENTS as readonly string[]).includes(named) ? named : 'other';
    deps.events.emit({ type: 'webhook.received', event, result: answer.result });
    send(res, answer);
  });
  router.all(ROUTES.githubWebhook, (_req, res) => {
    res.status(405).set({ allow: 'POST', 'cache-control': 'no-store' }).end();
  });
  return router;
}

async function receive(deps: WebhookDeps, req: Request): Promise<WebhookAnswer> {
  const reading = await readBody(req, MAX_BODY_BYTES);
  if (!reading.ok) {
    const status = reading.reason === 'too_large' ? 413 : 400;
    return refused(status, `the body is ${reading.reason.replace('_', ' ')}`);
  }
  if (!isSignedBody(reading.body, deps.secret, req.get('x-hub-signature-256')))
    return refused(401, 'X-Hub-Signature-256 does not match GITHUB_WEBHOOK_SECRET');
  const fault = envelopeFault(deps, req);
  if (fault !== undefined) return fault;
  const event = req.get('x-github-event') ?? '';
  const order = readWebhook(event, reading.body);
  if (order.kind === 'malformed') return refused(400, 'the body is not what this event has');
  if (order.kind === 'ignored') return { status: 204, result: 'ignored' };
  return await handle(deps, req, { id: req.get('x-github-delivery') ?? '', event, order });
}

/** What is wrong with the headers of a signed delivery. */
function envelopeFault({ host }: WebhookDeps, req: Request): WebhookAnswer | undefined {
  if (!/^application\/json\b/i.test(req.get('content-type') ?? ''))
    return refused(415, 'set the content type of the webhook to application/json');
  if (!/^[a-z_]{1,60}$/.test(req.get('x-github-event') ?? ''))
    return refused(400, 'X-GitHub-Event is missing');
  if (!/^[0-9A-Za-z-]{8,64}$/.test(req.get('x-github-delivery') ?? ''))
    return refused(400, 'X-GitHub-Delivery is missing');
  const sender = req.get('x-github-enterprise-host');
  const ours = new URL(host.webBase);
  // GitHub Enterprise Server names itself without its port.
  if (sender !== undefined && ![ours.host, ours.hostname].includes(sender.toLowerCase()))
    return refused(400, 'the delivery comes from another GitHub than GITHUB_HOST');
  return undefined;
}

interface Delivery {
  readonly id: string;
  readonly event: string;
  readonly order: Extract<WebhookOrder, { readonly githubId: number }>;
}

async function handle(
  deps: WebhookDeps,
  req: Request,
  { id, event, order }: Delivery,
): Promise<WebhookAnswer> {
  try {
    if (await deps.deliveries.isHandled(id)) return { status: 200, result: 'repeated' };
    const sub = deps.accounts.subjectOf(order.githubId);
    await (order.kind === 'revoked' ? deps.endRevoked(sub) : deps.recheck(sub));
    await deps.deliveries.remember(id, event);
    return { status: 200, result: 'handled' };
  } catch (error) {
    requestFaultLog(deps.logger, 'a delivery of GitHub could not be handled')(error, req);
    return {
      status: 503,
      result: 'failed',
      detail: 'a part of the service is not reachable; redeliver it later',
    };
  }
}

function refused(status: 400 | 401 | 413 | 415, detail: string): WebhookAnswer {
  return { status, result: 'refused', detail };
}

function send(res: Response, { status, result, detail }: WebhookAnswer): void {
  res.status(status).set('cache-control', 'no-store');
  if (status === 503) res.set('retry-after', String(RETRY_AFTER_SECONDS));
  // What was not read to its end would be taken for the next request.
  if (status === 413) res.set('connection', 'close');
  if (status === 204) res.end();
  else res.json({ result, ...(detail === undefined ? {} : { detail }) });
}
