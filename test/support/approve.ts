import type { Browser, Page } from '../../deploy/demo/browser.ts';
import { openBrowser } from '../../deploy/demo/browser.ts';
import type { SignInPlace } from './oauth-client.ts';

export interface Approval {
  /** The consent page the person saw. */
  readonly consent: Page;
  /** Where the browser was sent at the end: the client's redirect URI with its answer. */
  readonly callback: string;
}

/**
 * A person at an authorization URL that a client opened: consents, signs in at GitHub as `login`, and is sent back.
 * @throws when the walk does not end at the redirect URI of the request
 */
export async function approveRequest(
  place: Pick<SignInPlace, 'github'>,
  authorizationUrl: string,
  options: { login?: string; browser?: Browser } = {},
): Promise<Approval> {
  const browser = options.browser ?? openBrowser();
  const redirectUri = new URL(authorizationUrl).searchParams.get('redirect_uri') ?? '';
  const isBack = (location: string) => redirectUri !== '' && location.startsWith(`${redirectUri}?`);
  place.github.autoApprove({ login: options.login ?? 'octocat' });
  const consent = await browser.follow(await browser.get(authorizationUrl));
  const answered = await browser.submit(consent, { decision: 'allow' });
  const { location, status, text } = await browser.follow(answered, isBack);
  if (location === undefined || !isBack(location))
    throw new Error(`the sign-in ended with ${String(status)} at ${location ?? text.slice(0, 500)}`);
  return { consent, callback: location };
}
