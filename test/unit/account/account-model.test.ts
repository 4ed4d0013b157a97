import { describe, expect, it } from 'vitest';
import { createAccountForms } from '../../../gateway/account/account-form.ts';
import { accountModel } from '../../../gateway/account/account-model.ts';
import type { Grant } from '../../../gateway/grants/index.ts';
import { accountPage } from '../../../gateway/pages/index.ts';
import { parseKeyRing } from '../../../shared/vault/index.ts';

const NOW = Date.UTC(2026, 10, 1);
const HOUR_MS = 60 * 60_000;

const grant: Grant = {
  clientId: 'dcr_1',
  clientName: 'Editor',
  sub: 'person',
  resource: 'https://gateway.example/mcp',
  scope: ['read:user'],
  handle: 'sealed',
  createdAt: NOW - 10 * HOUR_MS,
  usedAt: NOW - HOUR_MS,
  idleEndsAt: NOW + HOUR_MS,
  endsAt: NOW + 10 * HOUR_MS,
  refresh: {
    keyId: 'g1',
    generation: 4,
    supersededAt: [],
    lateAnswers: [NOW - 2 * HOUR_MS, NOW - HOUR_MS],
    attempt: 2,
  },
  ended: null,
};

describe('B10: the account page', () => {
  it('says when a refresh was answered once more, each time', () => {
    const forms = createAccountForms(parseKeyRing(`g1:${Buffer.alloc(32, 1).toString('base64url')}`));
    const session = { id: 'session', sub: 'person', login: 'octocat' };
    const listed = [{ grantId: 'grant', grant }];
    const model = accountModel({ session, listed, now: NOW }, { forms, githubHost: 'github.com' });
    const html = accountPage({ ...model, notice: undefined, githubSettings: 'https://github.com/settings' });
    expect(html.match(/Renewed again/g)).toHaveLength(2);
  });
});
