/** What a peer sends that a server is not to stumble over: offers, halves, other protocols. */
export interface HostileBytes {
  readonly name: string;
  readonly bytes: Buffer;
}

const text = (...lines: readonly string[]) => Buffer.from(lines.join('\r\n'), 'latin1');
const HOST = 'host: localhost';
const ONE_MEGABYTE = 1024 * 1024;

/** A ClientHello as far as a server needs to see one. */
const CLIENT_HELLO = Buffer.from('16030100c8010000c403035f5e5d5c5b5a59585756555453525150', 'hex');

/** Every kind of start of a conversation that no application is to see, or not to its end. */
export const HOSTILE_BYTES: readonly HostileBytes[] = [
  { name: 'nothing', bytes: Buffer.alloc(0) },
  {
    name: 'an offer of h2c',
    bytes: text(
      'GET /health HTTP/1.1',
      HOST,
      'connection: Upgrade, HTTP2-Settings',
      'upgrade: h2c',
      'http2-settings: AAEAAEAA',
      '',
      '',
    ),
  },
  {
    name: 'an offer of websocket with more bytes behind it',
    bytes: Buffer.concat([
      text('GET /health HTTP/1.1', HOST, 'connection: Upgrade', 'upgrade: websocket', '', ''),
      Buffer.from([0x81, 0x85, 1, 2, 3, 4, 5, 6, 7, 8, 9]),
    ]),
  },
  {
    name: 'an offer with a body that is not complete',
    bytes: text(
      'POST /mcp HTTP/1.1',
      HOST,
      'connection: Upgrade',
      'upgrade: foo',
      'content-length: 100000',
      '',
      'x'.repeat(5_000),
    ),
  },
  { name: 'CONNECT', bytes: text('CONNECT evil.example:443 HTTP/1.1', 'host: evil.example:443', '', '') },
  {
    name: 'CONNECT with bytes of a tunnel',
    bytes: Buffer.concat([
      text('CONNECT evil.example:443 HTTP/1.1', 'host: evil.example:443', '', ''),
      CLIENT_HELLO,
    ]),
  },
  {
    name: 'CONNECT behind a request',
    bytes: text('GET /health HTTP/1.1', HOST, '', 'CONNECT a:1 HTTP/1.1', 'host: a:1', '', ''),
  },
  {
    name: 'Expect without a body',
    bytes: text('POST /token HTTP/1.1', HOST, 'expect: 100-continue', 'content-length: 10', '', ''),
  },
  { name: 'an unknown expectation', bytes: text('GET / HTTP/1.1', HOST, 'expect: tea', '', '') },
  { name: 'half a head', bytes: text('GET /health HTTP/1.1', HOST, 'x: ') },
  { name: 'half a body', bytes: text('POST /token HTTP/1.1', HOST, 'content-length: 100', '', 'grant') },
  {
    name: 'half a chunk',
    bytes: text('POST /register HTTP/1.1', HOST, 'transfer-encoding: chunked', '', 'ff', '{"a'),
  },
  {
    name: 'a broken chunk',
    bytes: text('POST /register HTTP/1.1', HOST, 'transfer-encoding: chunked', '', 'zz', ''),
  },
  {
    name: 'a head that is too large',
    bytes: text('GET / HTTP/1.1', HOST, `x: ${'y'.repeat(20_000)}`, '', ''),
  },
  { name: 'a TLS handshake', bytes: CLIENT_HELLO },
  { name: 'the preface of HTTP/2', bytes: text('PRI * HTTP/2.0', '', 'SM', '', '') },
  { name: 'an unknown method', bytes: text('BREW / HTTP/1.1', HOST, '', '') },
  { name: 'HTTP/1.1 without Host', bytes: text('GET /health HTTP/1.1', '', '') },
  { name: 'another authority', bytes: text('GET http://evil.example/ HTTP/1.1', HOST, '', '') },
  { name: 'a NUL', bytes: text('GET /\0 HTTP/1.1', HOST, '', '') },
  { name: 'bytes of no protocol', bytes: Buffer.from('ff00fe01deadbeef0d0a0d0a', 'hex') },
  {
    name: 'many requests in one go',
    bytes: text(...Array.from({ length: 200 }, () => `GET /health HTTP/1.1\r\n${HOST}\r\n`), ''),
  },
  { name: 'TRACE', bytes: text('TRACE / HTTP/1.1', HOST, '', '') },
  {
    name: 'PUT with a body that nobody reads',
    bytes: text('PUT /x HTTP/1.1', HOST, `content-length: ${String(ONE_MEGABYTE)}`, '', 'z'.repeat(70_000)),
  },
];
