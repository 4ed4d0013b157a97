import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { normaliseAuthorizationRequest } from '../../../gateway/authorization-server/oidc-provider/authorization-request.ts';
import { cookieRules } from '../../../gateway/http/cookie-names.ts';
import { findResource } from '../../../gateway/authorization-server/oidc-provider/resource-indicator.ts';
import { provesChallenge } from '../../../gateway/authorization-server/token/pkce.ts';
import { resourcesOf } from '../../../shared/resources.ts';

const resources = resourcesOf('https://gateway.example');
const scopes = { allowed: ['read:org', 'read:user', 'repo'], baseline: ['read:user'], required: [] };
const normalise = (query: string) =>
  normaliseAuthorizationRequest(new URLSearchParams(query), { scopes, resources });

describe('an authorization request', () => {
  it.each([
    ['', 'read:user'],
    ['scope=', 'read:user'],
    ['scope=unknown', 'read:user'],
    ['scope=openid+offline_access', 'read:user'],
    ['scope=repo+unknown+read:user', 'read:user repo'],
    ['scope=repo+repo', 'repo'],
  ])('with %j asks for %j', (query, scope) => {
    expect(normalise(query).get('scope')).toBe(scope);
  });

  it('keeps malformed scope text for the library to refuse', () => {
    expect(normalise('scope=a%22b').get('scope')).toBe('a"b');
  });

  it('keeps repeated parameters repeated, so that they are refused', () => {
    expect(normalise('state=a&state=b').getAll('state')).toEqual(['a', 'b']);
    expect(normalise('scope=repo&scope=read:user').getAll('scope')).toHaveLength(2);
  });

  it('gets the default resource, or the canonical form of the one it names', () => {
    expect(normalise('').get('resource')).toBe('https://gateway.example/mcp');
    expect(normalise('resource=HTTPS://Gateway.Example/mcp/').get('resource')).toBe(
      'https://gateway.example/mcp',
    );
    expect(normalise('resource=https://other.example/mcp').get('resource')).toBe('https://other.example/mcp');
  });

  it('loses parameters that mean nothing here', () => {
    expect([
      ...normalise('login_hint=x&claims=y&max_age=0&id_token_hint=z&acr_values=a&nonce=n').keys(),
    ]).toEqual(['scope', 'resource']);
  });

  it.each(['fragment', 'form_post', 'web_message', 'query.jwt', 'jwt', ''])(
    'in mode %j is not served',
    (mode) => {
      expect(normalise(`response_mode=${mode}`).get('response_mode')).toBe('not_supported');
    },
  );
});

describe('a resource indicator (RFC 8707 §2)', () => {
  it.each([
    'https://gateway.example',
    'https://gateway.example/',
    'https://gateway.example/mcp/x',
    'https://gateway.example/MCP',
    'https://gateway.example/mcp#f',
    'https://gateway.example/mcp?x',
    'https://gateway.example/x/../mcp',
    'https://u@gateway.example/mcp',
    'https://gateway.example:443/mcp',
    'http://gateway.example/mcp',
    '/mcp',
    '',
  ])('%j names nothing here', (value) => {
    expect(findResource(resources, value)).toBeUndefined();
  });
});

describe('PKCE (RFC 7636 §4.6)', () => {
  const challengeOf = (verifier: string) => createHash('sha256').update(verifier).digest('base64url');

  it('proves every well-formed verifier and no other text', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9._~-]{43,128}$/), fc.string(), (verifier, other) => {
        expect(provesChallenge(verifier, challengeOf(verifier))).toBe(true);
        fc.pre(other !== verifier);
        expect(provesChallenge(other, challengeOf(verifier))).toBe(false);
      }),
    );
  });

  it.each([42, 129])('refuses a verifier of %i characters even if it hashes to the challenge', (length) => {
    const verifier = randomBytes(128).toString('hex').slice(0, length);
    expect(provesChallenge(verifier, challengeOf(verifier))).toBe(false);
  });
});

describe('cookies (RFC 6265bis §4.1.3)', () => {
  it('carry a prefix and Secure on https', () => {
    const rules = cookieRules('https://gateway.example');
    expect(rules.secure).toBe(true);
    expect([rules.session, rules.loginTransaction('x')].every((name) => name.startsWith('__Host-'))).toBe(
      true,
    );
    expect([rules.interaction, rules.resume].every((name) => name.startsWith('__Secure-'))).toBe(true);
  });

  it('have plain names on http loopback, where prefixes are impossible', () => {
    const rules = cookieRules('http://localhost:3000');
    expect(rules.secure).toBe(false);
    expect(rules.session.startsWith('__')).toBe(false);
  });
});
