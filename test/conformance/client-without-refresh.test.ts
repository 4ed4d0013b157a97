import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { Connection, DocumentHost } from '../clients/index.ts';
import { callTool, CLIENT_PROFILES, connect, signInAgain, startDocumentHost } from '../clients/index.ts';
import { postForm, refreshRequest, callTool as sendCall } from '../support/oauth-client.ts';
import { MINUTE_MS, useMovableClock } from '../support/movable-clock.ts';
import { useFrontedStack } from '../support/use-fronted-stack.ts';
import { verifies } from './verifies.ts';

const GRANTS_PER_CLIENT = 3;
const AFTER_EXPIRY_MS = 6 * MINUTE_MS;

const clock = useMovableClock();
let documents: DocumentHost;
beforeAll(async () => {
  documents = await startDocumentHost();
});
afterAll(async () => await documents.close());
const front = useFrontedStack(() => ({ env: { GRANTS_PER_CLIENT: String(GRANTS_PER_CLIENT) } }));
const place = () => ({ publicUrl: front.publicUrl, mcpUrl: front.mcpUrl, github: front.github, documents });

const statusOf = async ({ tokens }: Connection): Promise<number> => {
  const answer = await sendCall(front.mcpUrl, tokens.access_token);
  await answer.text();
  return answer.status;
};

/** Grants that tokens were issued for since, and those of them that ended, with the reason. */
function grantsSince(start: number) {
  const events = front.stack.events.slice(start);
  const issued = events.flatMap((event) => (event.type === 'token.issued' ? [event.grantId] : []));
  const ended = events.flatMap((event) => (event.type === 'grant.ended' ? [event] : []));
  return { issued, ended };
}

describe.each(CLIENT_PROFILES.filter(({ renewal }) => renewal === 'signs in again'))('$name', (profile) => {
  verifies(
    'R1',
    'is told at expiry that its token is invalid, and works again after each sign-in',
    async () => {
      let connection = await connect(place(), profile, profile.redirects[0] ?? '');
      for (let round = 0; round < 2; round += 1) {
        expect(await statusOf(connection)).toBe(200);
        clock.advance(AFTER_EXPIRY_MS);
        const refused = await sendCall(front.mcpUrl, connection.tokens.access_token);
        expect(refused.status).toBe(401);
        expect(refused.headers.get('www-authenticate')).toContain('error="invalid_token"');
        const again = await signInAgain(place(), connection);
        expect(again.clientId).toBe(connection.clientId);
        connection = again;
      }
      expect(await callTool(front.mcpUrl, connection)).toContain('octocat');
    },
  );

  verifies(
    'A15',
    'leaves no more grants behind than GRANTS_PER_CLIENT; the oldest end and the newest live',
    async () => {
      const start = front.stack.events.length;
      const connections = [await connect(place(), profile, profile.redirects[0] ?? '')];
      for (let round = 0; round < GRANTS_PER_CLIENT + 2; round += 1) {
        clock.advance(AFTER_EXPIRY_MS);
        const last = connections.at(-1);
        if (last !== undefined) connections.push(await signInAgain(place(), last));
      }
      const { issued, ended } = grantsSince(start);
      expect(issued).toHaveLength(GRANTS_PER_CLIENT + 3);
      expect(new Set(ended.map(({ reason }) => reason))).toEqual(new Set(['too_many_grants']));
      expect(ended.map(({ grantId }) => grantId)).toEqual(issued.slice(0, -GRANTS_PER_CLIENT));
      const newest = connections.at(-1);
      expect(newest && (await statusOf(newest))).toBe(200);
    },
  );

  verifies('A1', 'can go on with a token that still lives while its person signs in again', async () => {
    const first = await connect(place(), profile, profile.redirects[0] ?? '');
    const second = await signInAgain(place(), first);
    expect([await statusOf(first), await statusOf(second)]).toEqual([200, 200]);
    const client = { clientId: first.clientId, redirectUri: first.redirectUri };
    for (const { tokens } of [first, second]) {
      const form = refreshRequest(client, tokens.refresh_token);
      expect((await postForm(`${front.publicUrl}/token`, form)).status).toBe(200);
    }
  });
});
