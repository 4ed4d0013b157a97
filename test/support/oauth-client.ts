import { createHash, randomBytes } from 'node:crypto';
import type { Browser, Page } from '../../deploy/demo/browser.ts';
import { openBrowser } from '../../deploy/demo/browser.ts';
import type { Stack } from './stack.ts';

/** A public client registered at a gateway. */
export interface RegisteredClient {
  readonly clientId: string;
  readonly redirectUri: string;
}

export interface Tokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
  readonly scope: string;
  readonly token_type: string;
}

export interface AuthorizationRequest {
  readonly url: string;
  readonly state: string;
  readonly codeVerifier: string;
}

/** What a sign-in needs of wherever the product runs. */
export type SignInPlace = Pick<Stack, 'publicUrl' | 'github'>;

export const REDIRECT_URI = 'http://127.0.0.1:7777/callback';

export async function postJson(
  url: string,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  return await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
}

export async function postForm(
  url: string,
  form: Record<string, string> | URLSearchParams,
): Promise<Response> {
  return await fetch(url, { method: 'POST', body: new URLSearchParams(form) });
}

/** @throws when the gateway does not answer 201. */
export async function registerClient(
  base: string,
  metadata: Record<string, unknown> = {},
): Promise<RegisteredClient> {
  const redirectUri = REDIRECT_URI;
  const response = await postJson(`${base}/register`, {
    client_name: 'Test client',
    redirect_uris: [redirectUri],
    ...metadata,
  });
  const answer = (await response.json()) as Record<string, unknown>;
  if (response.status !== 201)
    throw new Error(`registration answered ${String(response.status)}: ${JSON.stringify(answer)}`);
  return { clientId: String(answer['client_id']), redirectUri };
}

/** An authorization request with PKCE; `parameters` win, an `undefined` one is left out. */
export function authorizationRequest(
  base: string,
  client: RegisteredClient,
  parameters: Record<string, string | undefined> = {},
): AuthorizationRequest {
  const codeVerifier = randomBytes(32).toString('base64url');
  const state = randomBytes(8).toString('hex');
  const all: Record<string, string | undefined> = {
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: client.redirectUri,
    state,
    code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
    code_challenge_method: 'S256',
    scope: 'read:user',
    ...parameters,
  };
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(all)) if (value !== undefined) query.set(name, value);
  return { url: `${base}/authorize?${query.toString()}`, state, codeVerifier };
}

export interface SignInOptions {
  readonly login?: string;
  readonly browser?: Browser;
  readonly parameters?: Record<string, string | undefined>;
  /** Offered scopes to tick on the consent page. */
  readonly tick?: string;
}

/** Walks the browser through consent and GitHub up to the redirect to the client, and answers that redirect. */
export async function authorize(stack: SignInPlace, client: RegisteredClient, options: SignInOptions = {}) {
  const browser = options.browser ?? openBrowser();
  const request = authorizationRequest(stack.publicUrl, client, options.parameters);
  stack.github.autoApprove({ login: options.login ?? 'octocat' });
  const consent = await browser.follow(await browser.get(request.url));
  const fields = { decision: 'allow', ...(options.tick === undefined ? {} : { scope: options.tick }) };
  const back = await followToClient(browser, await browser.submit(consent, fields), client);
  const answer = new URL(back.location ?? 'about:blank').searchParams;
  return { browser, request, consent, back, answer, code: answer.get('code') ?? '' };
}

export async function followToClient(browser: Browser, page: Page, client: RegisteredClient): Promise<Page> {
  return await browser.follow(page, (location) => location.startsWith(client.redirectUri));
}

export function redemption(client: RegisteredClient, of: { code: string; codeVerifier: string }) {
  return {
    grant_type: 'authorization_code',
    code: of.code,
    redirect_uri: client.redirectUri,
    client_id: client.clientId,
    code_verifier: of.codeVerifier,
  };
}

export function refreshRequest(client: RegisteredClient, refreshToken: string) {
  return { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: client.clientId };
}

/** Registers a client, signs a person in and redeems the code. @throws when a step fails. */
export async function signIn(
  stack: SignInPlace,
  options: SignInOptions & { client?: RegisteredClient } = {},
) {
  const client = options.client ?? (await registerClient(stack.publicUrl));
  const { request, code, back, browser } = await authorize(stack, client, options);
  if (code === '') throw new Error(`no code: ${String(back.status)} ${back.location ?? back.text}`);
  const response = await postForm(
    `${stack.publicUrl}/token`,
    redemption(client, { code, codeVerifier: request.codeVerifier }),
  );
  const tokens = (await response.json()) as Tokens;
  if (response.status !== 200) throw new Error(`token endpoint answered ${JSON.stringify(tokens)}`);
  return { client, tokens, code, codeVerifier: request.codeVerifier, browser };
}

/** A legacy `tools/call`, bare: no initialize, no session. */
export async function callTool(
  mcpUrl: string,
  accessToken: string,
  name = 'githubGetMe',
  args: unknown = {},
) {
  const response = await postJson(
    mcpUrl,
    { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name, arguments: args } },
    { authorization: `Bearer ${accessToken}` },
  );
  return response;
}
