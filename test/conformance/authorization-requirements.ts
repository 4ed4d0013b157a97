import { later, tested } from './requirement.ts';

const DISCOVERY = 'A authorization-server-discovery; B basic/authorization';
const AUTHORIZATION = 'A basic/authorization; B basic/authorization';
const SECURITY = 'A security-considerations; B basic/authorization';
const REGISTRATION = 'A client-registration; B basic/authorization';
const PRACTICES = 'security best practices';

/** Discovery, authorization server and tokens. */
export const AUTHORIZATION_REQUIREMENTS = [
  tested('D1', DISCOVERY, 'Protected resource metadata names at least one authorization server.'),
  tested('D2', DISCOVERY, 'The 401 names the metadata document, which also sits at both well-known paths.'),
  tested('D3', DISCOVERY, 'A client finds the metadata by the header, the path form or the root form.'),
  tested('D4', DISCOVERY, 'Authorization server metadata is served in the RFC 8414 and the OpenID form.'),
  tested('D5', DISCOVERY, 'Both root forms answer for an issuer without a path.'),
  tested('D6', DISCOVERY, 'The issuer in the document is the very string the document was found by.'),
  tested('D7', SECURITY, 'Both documents list S256, without which clients refuse to go on.'),
  tested('D8', REGISTRATION, 'Client id metadata documents are advertised when they are accepted.'),
  tested('D9', 'A basic/authorization', 'Metadata says that authorization responses carry iss.'),
  later('D10', DISCOVERY, {
    behavior: 'Clients keep credentials per authorization server.',
    reason: 'a duty of clients; there is one authorization server',
  }),
  tested('A1', AUTHORIZATION, 'The OAuth 2.1 code flow with PKCE works for public clients.'),
  tested('A2', REGISTRATION, 'A client id that is an https URL is resolved to a metadata document.'),
  later('A3', REGISTRATION, {
    behavior: 'A fetched metadata document is validated and cached.',
    reason: 'tested in test/integration/gateway/client-documents.test.ts',
  }),
  later('A4', SECURITY, {
    behavior: 'Fetching a metadata document reaches no private address.',
    reason: 'tested with shared/outgoing-http, which owns the address guard',
  }),
  tested('A5', SECURITY, 'The consent page shows the host name of the redirect URI.'),
  tested('A6', SECURITY, 'The consent page warns when the answer goes to a program on this computer.'),
  tested('A7', REGISTRATION, 'Clients may register themselves (RFC 7591).'),
  later('A8', REGISTRATION, {
    behavior: 'Clients prefer pre-registration, then metadata documents, then registration.',
    reason: 'a duty of clients; all three ways are offered',
  }),
  tested('A9', 'A client-registration', 'Registration works with a right, a wrong and no application_type.'),
  tested('A10', SECURITY, 'Redirect URIs compare exactly with registered ones; others get no redirect.'),
  tested('A11', SECURITY, 'Endpoints are on the issuer’s origin; redirects go to https or this computer.'),
  tested('A12', 'A basic/authorization', 'Success and error responses carry iss.'),
  tested('A13', 'A basic/authorization', 'iss compares equal, as a string, to the issuer of the metadata.'),
  tested(
    'A14',
    AUTHORIZATION,
    'resource is taken at both endpoints, tolerant in case of host and last slash.',
  ),
  tested('A15', SECURITY, 'Access tokens live for minutes.'),
  tested('A16', SECURITY, 'Refresh tokens of public clients rotate.'),
  tested('A17', 'A basic/authorization', 'The resource never asks for offline_access.'),
  tested('A18', `A security-considerations; ${PRACTICES}`, 'Consent comes before GitHub, for every client.'),
  later('A19', PRACTICES, {
    behavior: 'Remembered consent is kept per person and client.',
    reason: 'no consent is remembered, so there is nothing to keep',
  }),
  tested('A20', PRACTICES, 'The page shows client, scopes and redirect, resists forgery and framing.'),
  tested('A21', PRACTICES, 'Cookies of the login are host-bound, HttpOnly, SameSite=Lax, Secure on https.'),
  tested('A22', PRACTICES, 'The state towards GitHub exists only after consent, for one browser, once.'),
  later('A23', SECURITY, {
    behavior: 'The operator may limit which metadata documents are trusted.',
    reason: 'tested in test/integration/gateway/client-documents.test.ts',
  }),
  tested('R1', AUTHORIZATION, 'No, a bad or an expired token gets 401 with resource_metadata and scope.'),
  tested('R2', AUTHORIZATION, 'Every request needs the header; a token in the query counts for nothing.'),
  tested('R3', AUTHORIZATION, 'A token for another audience is refused.'),
  tested('R4', AUTHORIZATION, 'GitHub sees no token of ours and clients none of GitHub’s.'),
  later('R5', 'A basic/authorization', {
    behavior: 'A missing scope is answered 403 with everything the operation needs.',
    reason: 'the only tool needs no scope beyond the baseline',
  }),
  later('R6', 'A basic/authorization', {
    behavior: 'Clients add challenged scopes to those they have.',
    reason: 'comes with R5',
  }),
  later('R7', 'A basic/authorization', {
    behavior: 'A broader scope satisfies a narrower demand.',
    reason: 'comes with R5',
  }),
  tested('R8', AUTHORIZATION, 'Challenge and metadata agree on the scope a first token should have.'),
  later('R9', PRACTICES, {
    behavior: 'Scopes are raised step by step.',
    reason: 'comes with R5; the baseline is tested with R8',
  }),
  later('R10', AUTHORIZATION, {
    behavior: 'Clients bound their attempts to raise scopes.',
    reason: 'a duty of clients',
  }),
  tested('R11', SECURITY, 'No token is stored in a form that could be used.'),
  later('R12', PRACTICES, {
    behavior: 'Handles and session ids authenticate nobody.',
    reason: 'there are none; that Mcp-Session-Id is ignored is tested with T14 and L2',
  }),
  tested('R13', AUTHORIZATION, 'Malformed authorization requests are answered 400.'),
] as const;
