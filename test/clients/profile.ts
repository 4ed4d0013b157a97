/** A registration body or a client metadata document, as it goes over the wire (RFC 7591 §2). */
export type ClientMetadata = Readonly<Record<string, unknown>> & {
  readonly redirect_uris: readonly string[];
};

/** How one client comes to an MCP server. */
export interface ClientProfile {
  readonly name: string;
  /** Public reports or published source text this is known from. */
  readonly source: 'recorded here' | readonly string[];
  readonly identity: RegistrationIdentity | DocumentIdentity;
  /** Redirect URIs as they really appear in authorization requests; `{port}` is one the system chose. */
  readonly redirects: readonly string[];
  /** What it sends before it has a token. */
  readonly firstRequest: 'GET' | 'initialize' | 'server/discover';
  /** Where it looks for the resource metadata: the URL in the challenge, or one of the well-known paths. */
  readonly findsResourceBy: 'challenge' | 'path' | 'root';
  /** Which document of the authorization server it reads. */
  readonly findsServerBy: 'oauth-authorization-server' | 'openid-configuration';
  /** The scopes it asks for: those of the challenge, or none at all. */
  readonly asksScope: 'challenged' | 'none';
  /** What it does when its access token has run out. Absent: it refreshes. */
  readonly renewal?: 'signs in again';
}

/** Dynamic client registration (RFC 7591). */
export interface RegistrationIdentity {
  readonly kind: 'registration';
  /** `{port}` in a redirect URI is the port it listens on. */
  readonly body: ClientMetadata;
  /** It puts the scopes of the challenge into the registration. */
  readonly namesScope: boolean;
  /** It registers twice within seconds and goes on with the later answer. */
  readonly isTwice?: boolean;
}

/** A client id metadata document, by the path of its URL. */
export interface DocumentIdentity {
  readonly kind: 'document';
  readonly path: string;
  /** Without `client_id`, which is the URL the document is served under. */
  readonly document: ClientMetadata;
}

const CODE_GRANTS = ['authorization_code', 'refresh_token'];

/** What nearly every client sends next to its names and addresses. */
export const PUBLIC_CODE_CLIENT = {
  grant_types: CODE_GRANTS,
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
} as const;
