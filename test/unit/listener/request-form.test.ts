import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FormRules, RequestForm } from '../../../shared/listener/request-form.ts';
import { judgeForm } from '../../../shared/listener/request-form.ts';

const PUBLIC: FormRules = { authorities: ['mcp.example.com'], loopbackNamesOnly: false };
const OPS: FormRules = { authorities: [], loopbackNamesOnly: true };

function form(change: Partial<RequestForm> = {}): RequestForm {
  return {
    method: 'GET',
    httpVersion: '1.1',
    target: '/health',
    hosts: ['localhost:3000'],
    transferCoding: undefined,
    expectation: undefined,
    localPort: 3000,
    ...change,
  };
}

const verdict = (change: Partial<RequestForm>, rules = PUBLIC) => {
  const judged = judgeForm(form(change), rules);
  return judged.ok ? judged.target : judged.fault;
};

describe('Host (RFC 9112 §3.2, RFC 3986 §3.2.2)', () => {
  it.each([
    'mcp_gateway',
    'mcp_gateway:3000',
    'octocode_gateway_1',
    'gw~1.local',
    'EXAMPLE.com',
    '[::1]:3000',
    '[fe80::1]',
    'a.b:',
    '',
    'x%41',
    "sub!$&'()*+,;=delims",
  ])('B05: %j is a host', (host) => {
    expect(verdict({ hosts: [host] })).toBe('/health');
  });

  it.each(['a/b', 'a@b', 'a b', 'a:b', 'a:123456', '[::1', 'x%4', 'ä', 'a\\b', 'a"b', '[::1]x'])(
    '%j is none',
    (host) => {
      expect(verdict({ hosts: [host] })).toBe('host_malformed');
    },
  );

  it('B04: HTTP/1.0 comes without, HTTP/1.1 does not', () => {
    expect(verdict({ hosts: [], httpVersion: '1.0' })).toBe('/health');
    expect(verdict({ hosts: [] })).toBe('host_missing');
  });

  it('is there once', () => {
    expect(verdict({ hosts: ['a', 'a'] })).toBe('host_repeated');
  });
});

describe('absolute form (RFC 9112 §3.2.2)', () => {
  it.each([
    ['http://localhost:3000/health', '/health'],
    ['http://127.0.0.1:3000/a?b=c', '/a?b=c'],
    ['http://[::1]:3000', '/'],
    ['HTTP://LOCALHOST:3000/x', '/x'],
    ['https://mcp.example.com/mcp', '/mcp'],
    ['https://mcp.example.com:443/mcp', '/mcp'],
    ['https://MCP.example.com?x', '/?x'],
    ['http://mcp.example.com:80/mcp', '/mcp'],
  ])('B06: %s is one of ours', (target, path) => {
    expect(verdict({ target, hosts: ['other.example'] })).toBe(path);
  });

  it.each([
    ['http://evil.example/mcp', 'target_foreign'],
    ['http://localhost:3001/', 'target_foreign'],
    ['https://mcp.example.com:8443/', 'target_foreign'],
    ['http://mcp.example.com.evil.example/', 'target_foreign'],
    ['http://user@localhost:3000/', 'user_information'],
    ['http://localhost:3000@evil.example/', 'user_information'],
    ['http:///x', 'target_malformed'],
    ['http://localhost:3000/x#y', 'target_malformed'],
    ['ftp://localhost:3000/x', 'target_malformed'],
    ['mcp', 'target_malformed'],
    ['*', 'target_malformed'],
    ['/interaction/%E0%A4%A', 'target_malformed'],
    ['/x%', 'target_malformed'],
    ['http://localhost:3000/%ff', 'target_malformed'],
  ])('%s is refused: %s', (target, fault) => {
    expect(verdict({ target })).toBe(fault);
  });

  it('the authority takes the place of Host', () => {
    const judged = judgeForm(form({ target: 'http://localhost:3000/x', hosts: ['other'] }), PUBLIC);
    expect(judged).toEqual({ ok: true, target: '/x', authority: 'localhost:3000' });
  });

  it('never opens a path that the path form would not', () => {
    fc.assert(
      fc.property(fc.webPath(), fc.webQueryParameters(), (path, query) => {
        const target = `${path.startsWith('/') ? path : `/${path}`}?${query}`;
        expect(verdict({ target: `http://localhost:3000${target}` })).toBe(target);
      }),
    );
  });
});

describe('a loopback listener for operators', () => {
  it.each(['localhost', 'localhost:9464', '127.0.0.1:9464', '127.9.9.9', '[::1]:9464'])(
    'S17: answers %s',
    (host) => {
      expect(verdict({ hosts: [host] }, OPS)).toBe('/health');
    },
  );

  it.each(['rebound.evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '10.0.0.1', ''])(
    'S17: does not answer %j',
    (host) => {
      expect(verdict({ hosts: [host] }, OPS)).toBe('host_not_loopback');
    },
  );

  it('judges the authority of an absolute target as it judges Host', () => {
    const rules = { ...OPS, authorities: ['mcp.example.com'] };
    expect(verdict({ target: 'http://mcp.example.com/metrics' }, rules)).toBe('host_not_loopback');
    expect(verdict({ target: 'http://localhost:3000/metrics' }, rules)).toBe('/metrics');
  });

  it('answers a probe of HTTP/1.0 that names no host', () => {
    expect(verdict({ hosts: [], httpVersion: '1.0' }, OPS)).toBe('/health');
  });
});

describe('framing (RFC 9112 §6.1, RFC 9110 §10.1.1)', () => {
  it.each([
    [{ transferCoding: 'chunked' }, '/health'],
    [{ transferCoding: 'Chunked' }, '/health'],
    [{ transferCoding: 'gzip, chunked' }, 'transfer_coding_unknown'],
    [{ transferCoding: 'chunked', httpVersion: '1.0' }, 'transfer_coding'],
    [{ expectation: '100-Continue' }, '/health'],
    [{ expectation: 'tea' }, 'expectation'],
  ])('%j: %s', (change, expected) => {
    expect(verdict(change)).toBe(expected);
  });

  it('OPTIONS * is a target', () => {
    expect(verdict({ method: 'OPTIONS', target: '*' })).toBe('*');
  });
});
