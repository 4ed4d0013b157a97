import { describe, expect, it } from 'vitest';
import { openBrowser } from '../../../deploy/demo/browser.ts';
import { authorizationRequest } from '../../support/oauth-client.ts';
import { useStack } from '../../support/use-stack.ts';

const shared = useStack(() => ({
  env: {
    OAUTH_METADATA_PORT: '0',
    ENABLE_OAUTH_CALLBACK_SERVER: 'true',
    OAUTH_CALLBACK_PORT: '0',
    GITHUB_OAUTH_REDIRECT_URI: 'http://127.0.0.1:8765/auth/callback',
  },
}));

describe('the metadata listener', () => {
  it('serves the discovery documents of the public listener, and its health', async () => {
    const paths = [
      '/.well-known/oauth-protected-resource',
      '/.well-known/oauth-protected-resource/mcp',
      '/.well-known/oauth-authorization-server',
      '/.well-known/openid-configuration',
      '/health',
    ];
    for (const path of paths) {
      const [beside, there] = await Promise.all(
        [shared.stack.side['metadata'] ?? '', shared.stack.publicUrl].map(
          async (base) => await (await fetch(`${base}${path}`)).json(),
        ),
      );
      expect(beside, path).toEqual(there);
    }
  });

  it.each(['/authorize', '/token', '/mcp', '/account', '/jwks', '/'])(
    'serves nothing at %s',
    async (path) => {
      expect((await fetch(`${shared.stack.side['metadata'] ?? ''}${path}`)).status).toBe(404);
    },
  );
});

describe('the callback listener', () => {
  it('sends the browser on to the public origin with the query as it was, 303', async () => {
    const query = '?code=a%2Bb&state=x%20y&iss=https%3A%2F%2Fgithub.com';
    const answer = await fetch(`${shared.stack.side['callback'] ?? ''}/auth/callback${query}`, {
      redirect: 'manual',
    });
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe(`${shared.stack.publicUrl}/auth/callback${query}`);
  });

  it('signs a person in through an app whose callback is there', async () => {
    const { stack, client } = shared;
    const browser = openBrowser();
    stack.github.autoApprove({ login: 'octocat' });
    const request = authorizationRequest(stack.publicUrl, client);
    const consent = await browser.follow(await browser.get(request.url));
    const gone = await browser.submit(consent, { decision: 'allow' });
    const atCallback = await browser.follow(gone, (location) =>
      location.startsWith('http://127.0.0.1:8765/'),
    );
    const arrived = (atCallback.location ?? '').replace(
      'http://127.0.0.1:8765',
      stack.side['callback'] ?? '',
    );
    const back = await browser.follow(await browser.get(arrived), (location) =>
      location.startsWith(client.redirectUri),
    );
    expect(new URL(back.location ?? '').searchParams.get('code')).toBeTruthy();
  });

  it('serves nothing else', async () => {
    expect((await fetch(`${shared.stack.side['callback'] ?? ''}/auth/callback/x`)).status).toBe(404);
    expect(
      (await fetch(`${shared.stack.side['callback'] ?? ''}/.well-known/openid-configuration`)).status,
    ).toBe(404);
  });
});
