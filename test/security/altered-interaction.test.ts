import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { keys } from '../../shared/store/index.ts';
import { openBrowser } from '../../deploy/demo/browser.ts';
import { authorizationRequest, signIn } from '../support/oauth-client.ts';
import { useStack } from '../support/use-stack.ts';

const shared = useStack();

/** Rewrites an interaction in the store, as somebody who can write it would. */
function rewriteInteraction(uid: string, rewrite: (value: string) => string): void {
  const database = new DatabaseSync(join(shared.stack.stateDir, 'gateway.db'));
  const { text } = keys.interaction(uid);
  try {
    const row = database.prepare('SELECT value FROM relaxed_records WHERE key = ?').get(text);
    database
      .prepare('UPDATE relaxed_records SET value = ? WHERE key = ?')
      .run(rewrite(String(row?.['value'])), text);
  } finally {
    database.close();
  }
}

/** What would make the library finish the sign-in as somebody else, at an address of the writer's. */
function forge(value: string, of: { sub: string; grantId: string }): { head: string; text: string } {
  const at = value.indexOf('{');
  const payload = JSON.parse(value.slice(at)) as { params: Record<string, unknown> };
  const forged = {
    ...payload,
    params: { ...payload.params, redirect_uri: 'https://attacker.example/never-registered' },
    result: { login: { accountId: of.sub }, consent: { grantId: of.grantId } },
  };
  return { head: value.slice(0, at), text: JSON.stringify(forged) };
}

describe('S6: whoever can write the store', () => {
  it.each([
    ['with the MAC that stood there', (head: string) => head],
    ['without a MAC', () => '1...'],
    ['with a MAC of the release before', (head: string) => head.replace('~', '')],
  ])('finishes no sign-in as somebody else by an interaction %s', async (_title, headOf) => {
    await signIn(shared.stack, { client: shared.client });
    const grant = shared.stack.events.findLast((event) => event.type === 'token.issued');
    if (grant === undefined) throw new Error('nobody signed in');
    const of = { sub: grant.accountId, grantId: grant.grantId };
    const browser = openBrowser();
    const request = authorizationRequest(shared.stack.publicUrl, shared.client);
    const page = await browser.follow(await browser.get(request.url));
    const uid = new URL(page.url).pathname.split('/').at(-1) ?? '';
    rewriteInteraction(uid, (value) => {
      const { head, text } = forge(value, of);
      return headOf(head) + text;
    });
    const issued = shared.stack.events.filter(({ type }) => type === 'token.issued').length;
    const back = await browser.get(`${shared.stack.publicUrl}/authorize/${uid}`);
    expect([400, 503]).toContain(back.status);
    expect(back.location).toBeUndefined();
    expect(shared.stack.events.filter(({ type }) => type === 'token.issued').length).toBe(issued);
  });
});
