import type { JWTPayload } from 'jose';
import { decodeJwt } from 'jose';
import { beforeAll, describe, expect } from 'vitest';
import type { GatewayKeys } from '../support/gateway-keys.ts';
import { readGatewayKeys } from '../support/gateway-keys.ts';
import { GET_ME, legacyRequest, modernRequest, sendMcp } from '../support/mcp-messages.ts';
import type { Tokens } from '../support/oauth-client.ts';
import { callTool, signIn } from '../support/oauth-client.ts';
import { useStack } from '../support/use-stack.ts';
import { verifies } from './verifies.ts';

const shared = useStack();
let tokens: Tokens;
let claims: JWTPayload;
let keys: GatewayKeys;
beforeAll(async () => {
  ({ tokens } = await signIn(shared.stack, { client: shared.client }));
  claims = decodeJwt(tokens.access_token);
  keys = await readGatewayKeys(shared.stack);
});

const BOTH_ERAS = [legacyRequest('tools/call', GET_ME), modernRequest('tools/call', GET_ME)];
const now = () => Math.floor(Date.now() / 1000);

describe('a call without a good token', () => {
  async function expectChallenge(authorization: string, hasError: boolean): Promise<void> {
    for (const post of BOTH_ERAS) {
      const { status, headers } = await sendMcp(shared.stack.mcpUrl, post, { authorization });
      expect(status).toBe(401);
      const challenge = headers.get('www-authenticate') ?? '';
      expect(challenge).toMatch(/^Bearer [a-z_]+="[^"]*"(?:, [a-z_]+="[^"]*")*$/);
      expect(challenge).toContain(
        `resource_metadata="${shared.stack.publicUrl}/.well-known/oauth-protected-resource/mcp"`,
      );
      expect(challenge).toContain('scope="read:user"');
      expect(challenge.includes('error="invalid_token"')).toBe(hasError);
    }
  }

  verifies('R1', 'no token: 401 with metadata and scope, without an error', async () => {
    await expectChallenge('', false);
  });

  verifies('R1', 'a bad token: 401 with invalid_token', async () => {
    await expectChallenge('Bearer nonsense', true);
  });

  verifies('R1', 'an expired token: 401 with invalid_token', async () => {
    const expired = await keys.sign({ ...claims, iat: now() - 400, exp: now() - 100 });
    await expectChallenge(`Bearer ${expired}`, true);
  });

  verifies('R3', 'a token for another audience: 401', async () => {
    for (const aud of ['https://other.example/mcp', shared.stack.publicUrl, [shared.stack.mcpUrl, 'x']]) {
      await expectChallenge(`Bearer ${await keys.sign({ ...claims, aud })}`, true);
    }
  });

  verifies('R2', 'an earlier call with a token opens nothing for the next without', async () => {
    expect((await callTool(shared.stack.mcpUrl, tokens.access_token)).status).toBe(200);
    await expectChallenge('', false);
  });

  verifies('R2', 'a token in the query: 401', async () => {
    const url = `${shared.stack.mcpUrl}?access_token=${tokens.access_token}`;
    expect((await sendMcp(url, legacyRequest('ping'))).status).toBe(401);
  });
});

describe('tokens on either side', () => {
  verifies('R4', 'GitHub receives no token of ours, and answers carry none of GitHub’s', async () => {
    const response = await callTool(shared.stack.mcpUrl, tokens.access_token);
    expect(await response.text()).not.toMatch(/gh[opurs]_/);
    const user = shared.stack.github.journal().filter(({ path }) => path === '/user');
    expect(user.length).toBeGreaterThan(0);
    expect(shared.stack.github.sightings(tokens.access_token)).toEqual([]);
    expect(JSON.stringify(claims)).not.toMatch(/gh[opurs]_/);
  });

  verifies('R4', 'a GitHub token does not open the endpoint', async () => {
    const { status } = await sendMcp(shared.stack.mcpUrl, legacyRequest('ping'), {
      authorization: 'Bearer gho_16C7e42F292c6912E7710c838347Ae178B4a',
    });
    expect(status).toBe(401);
  });

  verifies('R11', 'nothing stored can be used as a token', async () => {
    const dump = shared.stack.dump();
    expect(dump).not.toMatch(/gh[opurs]_[A-Za-z0-9]{4}/);
    expect(dump).not.toContain(tokens.access_token);
    expect(dump).not.toContain(tokens.refresh_token);
    expect(dump).not.toContain(String(claims['cred']));
  });
});
