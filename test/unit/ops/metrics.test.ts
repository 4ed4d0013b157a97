import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createEventBus, createMetrics } from '../../../shared/ops/index.ts';
import type { GatewayEvent } from '../../../shared/ops/index.ts';

const LABELS = {
  routes: ['/token', '/authorize'],
  githubEndpoints: ['GET /user'],
  grantEndReasons: ['revoked', 'idle'],
};

function observe(...events: readonly GatewayEvent[]) {
  const bus = createEventBus();
  const metrics = createMetrics(bus, LABELS);
  for (const event of events) bus.emit(event);
  return metrics.render();
}

const request = (part: Partial<Extract<GatewayEvent, { type: 'http.request.finished' }>>) =>
  ({
    type: 'http.request.finished',
    method: 'POST',
    route: '/token',
    status: 200,
    durationSeconds: 0.2,
    requestId: 'r1',
    ...part,
  }) as const;

describe('createMetrics', () => {
  it.each([
    [request({}), 'octocode_mcp_http_requests_total{method="POST",route="/token",status_code="200"} 1'],
    [
      request({}),
      'octocode_mcp_http_request_duration_seconds_bucket{le="0.1",method="POST",route="/token"} 0',
    ],
    [
      request({}),
      'octocode_mcp_http_request_duration_seconds_bucket{le="0.5",method="POST",route="/token"} 1',
    ],
    [
      { type: 'token.issued', grantType: 'refresh_token', clientId: 'c', accountId: 'a', grantId: 'g' },
      'octocode_mcp_oauth_tokens_issued_total 1',
    ],
    [
      { type: 'access_token.verified', result: 'valid' },
      'octocode_mcp_oauth_token_validations_total{result="valid"} 1',
    ],
    [
      { type: 'access_token.verified', result: 'expired' },
      'octocode_mcp_oauth_token_validations_total{result="invalid"} 1',
    ],
    [
      { type: 'github.call.finished', endpoint: 'GET /user', status: 404 },
      'octocode_mcp_github_api_calls_total{endpoint="GET /user",status="404"} 1',
    ],
    [{ type: 'connections.changed', delta: 1 }, 'octocode_mcp_active_connections 1'],
    [
      { type: 'webhook.received', event: 'membership', result: 'handled' },
      'octocode_mcp_webhooks_received_total{event="membership",result="handled"} 1',
    ],
    [
      { type: 'membership.denied', accountId: 'a', reason: 'not_a_member' },
      'octocode_mcp_membership_denials_total{reason="not_a_member"} 1',
    ],
    [
      { type: 'grant.ended', clientId: 'client', accountId: 'account', grantId: 'g', reason: 'idle' },
      'octocode_mcp_grants_ended_total{reason="idle"} 1',
    ],
    [
      { type: 'login.finished', accountId: 'a', clientId: 'c' },
      'octocode_mcp_login_results_total{result="finished"} 1',
    ],
    [{ type: 'login.failed', reason: 'state' }, 'octocode_mcp_login_results_total{result="failed"} 1'],
    [
      { type: 'secret.file.seen', variable: 'VAULT_KEYS', result: 'refused' },
      'octocode_mcp_secret_file_faulty{variable="VAULT_KEYS"} 1',
    ],
    [
      { type: 'secret.file.seen', variable: 'VAULT_KEYS', result: 'followed' },
      'octocode_mcp_secret_file_faulty{variable="VAULT_KEYS"} 0',
    ],
    [
      { type: 'secret.file.seen', variable: 'VAULT_KEYS', result: 'followed' },
      'octocode_mcp_secret_changes_total{variable="VAULT_KEYS"} 0',
    ],
    [
      { type: 'secret.file.seen', variable: 'VAULT_KEYS', result: 'taken' },
      'octocode_mcp_secret_changes_total{variable="VAULT_KEYS"} 1',
    ],
    [{ type: 'login.consent.denied' }, 'octocode_mcp_login_results_total{result="denied"} 1'],
  ] as readonly (readonly [GatewayEvent, string])[])('turns %j into %s', async (event, line) => {
    expect((await observe(event)).split('\n')).toContain(line);
  });

  it('counts what older keys of a ring were needed for', async () => {
    let uses = 3;
    const metrics = createMetrics(createEventBus(), {
      ...LABELS,
      olderKeyUses: () => ({ VAULT_KEYS: uses }),
    });
    const line = 'octocode_mcp_older_key_uses_total{variable="VAULT_KEYS"}';
    expect(await metrics.render()).toContain(`${line} 3\n`);
    uses = 5;
    expect(await metrics.render()).toContain(`${line} 5\n`);
  });

  it('counts connections down again', async () => {
    const text = await observe(
      { type: 'connections.changed', delta: 1 },
      { type: 'connections.changed', delta: 1 },
      { type: 'connections.changed', delta: -1 },
    );
    expect(text).toContain('octocode_mcp_active_connections 1\n');
  });

  it('takes no label value from outside its closed sets (threat T24)', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), fc.oneof(fc.integer(), fc.double()), async (text, number) => {
        const rendered = await observe(
          request({
            method: `M${text}`,
            route: `/${text}?`,
            status: 600 + Math.abs(Math.trunc(number || 0)),
          }),
          { type: 'access_token.verified', result: text },
          { type: 'github.call.finished', endpoint: `GET /${text}?`, status: number },
          { type: 'grant.ended', clientId: 'c', accountId: 'a', grantId: 'g', reason: `R${text}` },
        );
        const ours = rendered.split('\n').filter((line) => /^octocode_mcp_\w+\{/.test(line));
        for (const line of ours) {
          expect(line.replace(/le="[^"]*",?/, '')).toMatch(
            /\{(?:(?:method|route|status_code|endpoint|status|reason)="(?:other|[1-5]\d\d)",?)+\}|\{result="(?:in)?valid"\}/,
          );
        }
      }),
      { numRuns: 50 },
    );
  });

  it('reports the process and the failures of listeners', async () => {
    const bus = createEventBus();
    const metrics = createMetrics(bus, LABELS);
    bus.on('login.started', () => {
      throw new Error('broken');
    });
    bus.emit({ type: 'login.started', clientId: 'c1' });
    const text = await metrics.render();
    expect(text).toContain('octocode_mcp_event_listener_errors 1\n');
    expect(text).toMatch(/^process_cpu_seconds_total /m);
    expect(metrics.contentType).toContain('text/plain');
  });

  it('stops listening when closed', async () => {
    const bus = createEventBus();
    const metrics = createMetrics(bus, LABELS);
    metrics.close();
    bus.emit({ type: 'connections.changed', delta: 1 });
    expect(await metrics.render()).toContain('octocode_mcp_active_connections 0\n');
  });
});
