import { createHash, randomBytes } from 'node:crypto';
import { approveRequest } from '../support/approve.ts';
import { GET_ME, initializeRequest, legacyRequest, modernRequest, sendMcp } from '../support/mcp-messages.ts';
import type { SignInPlace, Tokens } from '../support/oauth-client.ts';
import { postForm, postJson } from '../support/oauth-client.ts';
import { freePorts } from '../support/free-ports.ts';
import type { AssertionSigner } from './assertion-signer.ts';
import { createSigner } from './assertion-signer.ts';
import type { DocumentHost } from './document-host.ts';
import type { ClientProfile, RegistrationIdentity } from './profile.ts';

/** Where a client comes to: the gateway, its GitHub, and the host of client documents. */
export interface Place extends SignInPlace {
  readonly mcpUrl: string;
  readonly documents: DocumentHost;
}

/** A client that has signed a person in. */
export interface Connection {
  readonly profile: ClientProfile;
  readonly clientId: string;
  /** Only of a client that was given one. */
  readonly clientSecret: string | undefined;
  /** Only of a client that proves who it is with a key of its own. */
  readonly signer: AssertionSigner | undefined;
  readonly redirectUri: string;
  readonly consentPage: string;
  readonly tokens: Tokens;
  readonly server: ServerMetadata;
}

interface ServerMetadata {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly registration_endpoint: string;
  readonly code_challenge_methods_supported: readonly string[];
  readonly token_endpoint_auth_methods_supported: readonly string[];
  readonly client_id_metadata_document_supported: boolean;
}

/**
 * Plays the client from its first request to its tokens, as strictly as such clients are.
 * @throws at the first step that such a client would give up at
 */
export async function connect(place: Place, profile: ClientProfile, redirect: string): Promise<Connection> {
  const challenge = await firstContact(place.mcpUrl, profile);
  const resource = await findResource(place, profile, challenge);
  const server = await findServer(profile, resource.issuer);
  const [port = 0] = await freePorts(1);
  const redirectUri = redirect.replace('{port}', String(port));
  const client = await identify(place, profile, { server, port, scope: challenge.scope });
  return await authorize(place, { profile, ...client, redirectUri, server }, { challenge, resource });
}

/** Sends the person through everything again, with the registration the client has. @throws as `connect` does */
export async function signInAgain(place: Place, connection: Connection): Promise<Connection> {
  const { profile } = connection;
  const challenge = await firstContact(place.mcpUrl, profile);
  const resource = await findResource(place, profile, challenge);
  return await authorize(place, connection, { challenge, resource });
}

async function authorize(
  place: Place,
  client: Omit<Connection, 'tokens' | 'consentPage'>,
  { challenge, resource }: { challenge: { scope: string }; resource: { resource: string } },
): Promise<Connection> {
  const { profile, redirectUri, server } = client;
  const codeVerifier = randomBytes(32).toString('base64url');
  const state = randomBytes(8).toString('hex');
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: client.clientId,
    redirect_uri: redirectUri,
    state,
    code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
    code_challenge_method: 'S256',
    resource: resource.resource,
    ...(profile.asksScope === 'challenged' ? { scope: challenge.scope } : {}),
  });
  const { callback, consent } = await approveRequest(
    place,
    `${server.authorization_endpoint}?${query.toString()}`,
  );
  const answer = new URL(callback).searchParams;
  demand(answer.get('state') === state, 'the state came back');
  demand(answer.get('iss') === server.issuer, 'the answer names the issuer');
  const tokens = await requestTokens(server, client, {
    grant_type: 'authorization_code',
    code: answer.get('code') ?? '',
    redirect_uri: redirectUri,
    code_verifier: codeVerifier,
    resource: resource.resource,
  });
  return { ...client, consentPage: consent.text, tokens };
}

/** Gets new tokens for the refresh token. @throws when the gateway refuses */
export async function refresh(connection: Connection, resource: string): Promise<Connection> {
  const tokens = await requestTokens(connection.server, connection, {
    grant_type: 'refresh_token',
    refresh_token: connection.tokens.refresh_token,
    resource,
  });
  return { ...connection, tokens };
}

/** Opens with what the client opens with and asks who it acts for; answers the text of the result. */
export async function callTool(mcpUrl: string, { profile, tokens }: Connection): Promise<string> {
  const authorization = { authorization: `Bearer ${tokens.access_token}` };
  const isModern = profile.firstRequest === 'server/discover';
  const opening = isModern ? modernRequest('server/discover') : initializeRequest();
  const opened = await sendMcp(mcpUrl, opening, authorization);
  demand(opened.status === 200, `the opening is answered: ${opened.text}`);
  const call = isModern ? modernRequest('tools/call', GET_ME) : legacyRequest('tools/call', GET_ME);
  const answer = await sendMcp(mcpUrl, call, authorization);
  demand(answer.status === 200, `the call is answered: ${answer.text}`);
  return answer.text;
}

/** Sends a registration. @throws when it is not answered 201 */
export async function register(
  endpoint: string,
  identity: RegistrationIdentity,
  of: { port: number; scope: string },
): Promise<Readonly<Record<string, unknown>>> {
  const text = JSON.stringify({ ...identity.body, ...(identity.namesScope ? { scope: of.scope } : {}) });
  const response = await postJson(endpoint, JSON.parse(text.replaceAll('{port}', String(of.port))));
  const answer = await response.text();
  demand(response.status === 201, `the registration is accepted: ${answer}`);
  return JSON.parse(answer) as Readonly<Record<string, unknown>>;
}

async function firstContact(mcpUrl: string, { firstRequest }: ClientProfile) {
  const opening = firstRequest === 'initialize' ? initializeRequest() : modernRequest('server/discover');
  const accept = 'application/json, text/event-stream';
  const { status, headers } =
    firstRequest === 'GET' ? await fetch(mcpUrl, { headers: { accept } }) : await sendMcp(mcpUrl, opening);
  demand(status === 401, `the first request is answered 401, not ${String(status)}`);
  const header = headers.get('www-authenticate') ?? '';
  const parameter = (name: string) => new RegExp(`\\b${name}="([^"]*)"`).exec(header)?.[1] ?? '';
  return { resourceMetadata: parameter('resource_metadata'), scope: parameter('scope') };
}

async function findResource(
  { mcpUrl, publicUrl }: Place,
  { findsResourceBy }: ClientProfile,
  challenge: { resourceMetadata: string },
) {
  const wellKnown = `${publicUrl}/.well-known/oauth-protected-resource`;
  const urls = { challenge: challenge.resourceMetadata, path: `${wellKnown}/mcp`, root: wellKnown };
  const metadata = await readJson(urls[findsResourceBy]);
  demand(metadata['resource'] === mcpUrl, 'the resource is the very URL the person entered');
  const [issuer] = metadata['authorization_servers'] as readonly string[];
  return { resource: mcpUrl, issuer: issuer ?? '' };
}

async function findServer({ findsServerBy }: ClientProfile, issuer: string): Promise<ServerMetadata> {
  const server = (await readJson(`${issuer}/.well-known/${findsServerBy}`)) as unknown as ServerMetadata;
  demand(server.issuer === issuer, 'the issuer is the one it was looked for');
  demand(server.code_challenge_methods_supported.includes('S256'), 'S256 is offered');
  return server;
}

async function identify(
  place: Place,
  { identity }: ClientProfile,
  of: { server: ServerMetadata; port: number; scope: string },
) {
  if (identity.kind === 'document') {
    demand(of.server.client_id_metadata_document_supported, 'client documents are offered');
    const { token_endpoint_auth_methods_supported: methods } = of.server;
    demand(methods.includes('none'), 'public clients are offered, without which documents are not used');
    const signer =
      identity.document['token_endpoint_auth_method'] === 'private_key_jwt'
        ? await createSigner()
        : undefined;
    const keys = signer && { jwks_uri: place.documents.publish('/oauth/jwks.json', signer.jwks) };
    const document = { ...identity.document, ...keys };
    return { clientId: place.documents.publish(identity.path, document), clientSecret: undefined, signer };
  }
  if (identity.isTwice === true) await register(of.server.registration_endpoint, identity, of);
  const answer = await register(of.server.registration_endpoint, identity, of);
  const secret = answer['client_secret'];
  return {
    clientId: String(answer['client_id']),
    clientSecret: typeof secret === 'string' ? secret : undefined,
    signer: undefined,
  };
}

async function requestTokens(
  server: ServerMetadata,
  client: Pick<Connection, 'clientId' | 'clientSecret' | 'signer'>,
  grant: Record<string, string>,
): Promise<Tokens> {
  const secret = client.clientSecret === undefined ? {} : { client_secret: client.clientSecret };
  const assertion = await client.signer?.assert(client.clientId, server.issuer);
  const form = { ...grant, client_id: client.clientId, ...secret, ...assertion };
  const response = await postForm(server.token_endpoint, form);
  const text = await response.text();
  demand(response.status === 200, `the token endpoint answers tokens: ${text}`);
  return JSON.parse(text) as Tokens;
}

async function readJson(url: string): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(url, { headers: { accept: 'application/json' } });
  demand(response.status === 200, `${url} is served`);
  return (await response.json()) as Readonly<Record<string, unknown>>;
}

function demand(holds: boolean, what: string): void {
  if (!holds) throw new Error(`the client gives up, because this does not hold: ${what}`);
}
