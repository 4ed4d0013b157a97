import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { disagreement, readMessage } from '../../../shared/mcp/index.ts';

const read = (text: string) => readMessage(Buffer.from(text));
const VERSION = 'io.modelcontextprotocol/protocolVersion';

describe('a message body', () => {
  it('is read to id, method and name', () => {
    const reading = read('{"jsonrpc":"2.0","id":"a","method":"tools/call","params":{"name":"t"}}');
    expect(reading).toMatchObject({
      ok: true,
      message: { id: 'a', method: 'tools/call', name: 't', era: 'legacy' },
    });
  });

  it('is of the stateless era when its own _meta says so, whatever else', () => {
    const reading = read(
      `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"${VERSION}":"2026-07-28"}}}`,
    );
    expect(reading).toMatchObject({ ok: true, message: { era: 'modern', claimedVersion: '2026-07-28' } });
  });

  it.each([
    ['a batch', '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', -32600],
    ['a response', '{"jsonrpc":"2.0","id":1,"result":{}}', -32600],
    ['two documents', '{"jsonrpc":"2.0","id":1,"method":"a"}{}', -32700],
    ['a null id', '{"jsonrpc":"2.0","id":null,"method":"a"}', -32600],
    ['a fractional id', '{"jsonrpc":"2.0","id":1.5,"method":"a"}', -32600],
    ['an id beyond safe integers', '{"jsonrpc":"2.0","id":9007199254740993,"method":"a"}', -32600],
    ['an object as id', '{"jsonrpc":"2.0","id":{},"method":"a"}', -32600],
    ['params as a list', '{"jsonrpc":"2.0","id":1,"method":"a","params":[]}', -32600],
    ['another version', '{"jsonrpc":"1.0","id":1,"method":"a"}', -32600],
    ['no method', '{"jsonrpc":"2.0","id":1}', -32600],
    ['nothing', '', -32700],
    ['a repeated envelope key', '{"jsonrpc":"2.0","id":1,"method":"a","method":"b"}', -32600],
    [
      'a repeated key spelled with an escape',
      '{"jsonrpc":"2.0","id":1,"method":"a","m\\u0065thod":"b"}',
      -32600,
    ],
    [
      'a repeated key in params',
      '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a","name":"b"}}',
      -32600,
    ],
    ['a lone surrogate', '{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":"\\ud800"}}', -32600],
    [
      'a number of 1 MB',
      `{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":${'1'.repeat(1_000_000)}}}`,
      -32600,
    ],
    [
      'nesting of 10,000',
      `{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":${'['.repeat(10_000)}${']'.repeat(10_000)}}}`,
      -32600,
    ],
    [
      'a million members',
      `{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":[${'0,'.repeat(999_999)}0]}}`,
      -32600,
    ],
  ])('is refused: %s', (_name, text, code) => {
    expect(read(text)).toMatchObject({ ok: false, fault: { code } });
  });

  it('is refused when it is not UTF-8', () => {
    expect(readMessage(Buffer.from([0x7b, 0xff, 0x7d]))).toMatchObject({
      ok: false,
      fault: { code: -32700 },
    });
  });

  it('is accepted for every JSON value as an argument, and never throws', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
        const text = JSON.stringify({
          jsonrpc: '2.0',
          id: 1,
          method: 'tools/call',
          params: { name: 'x', arguments: { value } },
        });
        expect(read(text)).toMatchObject({ ok: true });
      }),
    );
  });

  it('never throws for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(readMessage(bytes)).toHaveProperty('ok');
      }),
    );
  });

  it('is refused wherever a key is repeated, at any depth', () => {
    fc.assert(
      fc.property(fc.nat(20), fc.string({ minLength: 1 }), (depth, key) => {
        const name = JSON.stringify(key);
        const inner = `${'{"d":'.repeat(depth)}{${name}:1,${name}:2}${'}'.repeat(depth)}`;
        expect(read(`{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":${inner}}}`)).toMatchObject({
          ok: false,
        });
      }),
    );
  });
});

const modern = (method: string, params: Record<string, unknown> = {}) => {
  const body = { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta: { [VERSION]: '2026-07-28' } } };
  const reading = read(JSON.stringify(body));
  if (!reading.ok) throw new Error('not a message');
  return reading.message;
};
const none = { protocolVersion: undefined, method: undefined, name: undefined };
const agreeing = { protocolVersion: '2026-07-28', method: 'tools/call', name: 'tööl' };

describe('mirrored headers (MCP 2026-07-28, streamable-http)', () => {
  it('agree when they equal the body, also in base64', () => {
    const message = modern('tools/call', { name: 'tööl' });
    const encoded = `=?base64?${Buffer.from('tööl').toString('base64')}?=`;
    expect(disagreement(message, { ...agreeing, name: encoded })).toBeUndefined();
  });

  it.each([
    ['no version', { ...agreeing, protocolVersion: undefined }],
    ['another version', { ...agreeing, protocolVersion: '2025-11-25' }],
    ['no method', { ...agreeing, method: undefined }],
    ['another method', { ...agreeing, method: 'tools/list' }],
    ['no name', { ...agreeing, name: undefined }],
    ['another name', { ...agreeing, name: 'other' }],
    ['a name that is not base64', { ...agreeing, name: '=?base64?***?=' }],
    ['a name in base64 with stray bits', { ...agreeing, name: '=?base64?dG9vbH==?=' }],
  ])('disagree: %s', (_name, headers) => {
    expect(disagreement(modern('tools/call', { name: 'tööl' }), headers)).toBeTypeOf('string');
  });

  it('are not compared for older revisions, which send what they like', () => {
    const reading = read('{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}');
    const message = reading.ok ? reading.message : modern('x');
    expect(disagreement(message, { ...none, method: 'tools/list', name: 'b' })).toBeUndefined();
  });

  it('do not turn an initialize into a stateless request', () => {
    const reading = read(
      '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25"}}',
    );
    const message = reading.ok ? reading.message : modern('x');
    expect(disagreement(message, { ...none, protocolVersion: '2026-07-28' })).toBeTypeOf('string');
  });
});
