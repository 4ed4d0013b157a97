import { describe, expect, it } from 'vitest';
import { readForm } from '../../../deploy/demo/browser.ts';
import { createCheckRun } from '../../../deploy/demo/check.ts';
import { withoutProductVariables } from '../../../deploy/demo/demo-plan.ts';
import { createOAuthSession } from '../../../deploy/demo/sign-in.ts';
import { requireToolAnswer } from '../../../deploy/demo/tool-visit.ts';

describe('the demo', () => {
  it('takes no value from the variables of a real gateway', () => {
    const env = {
      PATH: '/bin',
      PUBLIC_URL: 'https://mcp.example.com',
      WORKER_PORT: '1',
      GATEWAY_KEYS_FILE: 'keys',
      HTTPS_PROXY: 'http://proxy.example.com:3128',
    };
    expect(withoutProductVariables(env)).toEqual({ PATH: '/bin' });
  });
});

describe('the browser of the demo', () => {
  it('sends hidden fields and ticked boxes, decoded, and nothing else', () => {
    const text = `<form method="post" action="/go?a=1&amp;b=2">
      <input type="hidden" name="csrf" value="a&quot;b&amp;quot;" />
      <input type="checkbox" name="scope" value="repo" checked>
      <input type="checkbox" name="scope" value="gist">
      <button name="decision" value="deny">No</button></form>`;
    const { action, fields } = readForm({
      url: 'http://localhost:1/x',
      text,
    });
    expect(action).toBe('http://localhost:1/go?a=1&b=2');
    expect([...fields]).toEqual([
      ['csrf', 'a"b&quot;'],
      ['scope', 'repo'],
    ]);
  });
});

describe('an OAuth session of the demo', () => {
  it('has no answer before the client was sent to sign in', () => {
    const session = createOAuthSession({ clientName: 'x', login: 'octocat' });
    expect(() => session.callbackParameters()).toThrow('was not sent');
  });

  it('registers as a public client', () => {
    const { clientMetadata } = createOAuthSession({ clientName: 'x', login: 'octocat' });
    expect(clientMetadata.token_endpoint_auth_method).toBe('none');
  });
});

describe('a tool answer', () => {
  it('is refused when the tool reports an error', () => {
    const result = { isError: true, content: [{ type: 'text', text: 'auth_revoked' }] };
    expect(() => requireToolAnswer(result)).toThrow('auth_revoked');
  });

  it('is refused when it does not say who the caller is', () => {
    expect(() => requireToolAnswer({ structuredContent: { id: 1 }, content: [] })).toThrow();
  });
});

describe('the report of a check', () => {
  it('lists what passed, with whole milliseconds', async () => {
    let now = 0;
    const run = createCheckRun(() => now);
    run.note('ready', 1234.6);
    await run.step('first', async () => {
      now = 7.2;
    });
    expect(run.report()).toEqual({
      ok: true,
      checked: ['first'],
      timings: { ready_ms: 1235, first_ms: 7 },
    });
  });

  it('names the step that failed and the first line of why', async () => {
    const run = createCheckRun(() => 0);
    const failure = new Error('it broke\nand a long log');
    await expect(run.step('second', () => Promise.reject(failure))).rejects.toBe(failure);
    expect(run.report(failure)).toEqual({
      ok: false,
      checked: [],
      failed: { check: 'second', problem: 'it broke' },
      timings: {},
    });
  });
});
