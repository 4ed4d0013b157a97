import { createSocket } from 'node:dgram';
import { isIPv4 } from 'node:net';

/** A name server on loopback (RFC 1035 §4) for names that exist nowhere else. */
export interface DnsServer {
  /** `127.0.0.1:<port>`, as a resolver takes it. */
  readonly address: string;
  /** The names that were asked for, one entry per query. */
  readonly asked: readonly string[];
  readonly close: () => Promise<void>;
}

/** What is answered about a name: its addresses, that it does not exist, or nothing at all. */
export type DnsAnswer = readonly string[] | 'no-such-name' | 'silence';

const TYPES: Readonly<Record<number, (address: string) => boolean>> = {
  1: isIPv4,
  28: (address) => address.includes(':'),
};

export async function startDnsServer(answerFor: (name: string) => DnsAnswer): Promise<DnsServer> {
  const socket = createSocket('udp4');
  const asked: string[] = [];
  socket.on('message', (query, peer) => {
    const { name, end } = questionOf(query);
    asked.push(name);
    const answer = answerFor(name);
    if (answer !== 'silence') socket.send(reply(query.subarray(0, end), answer), peer.port, peer.address);
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${String(socket.address().port)}`,
    asked,
    close: async () => {
      await new Promise<void>((resolve) => socket.close(resolve));
    },
  };
}

/** The first question's name, and where its question ends. */
function questionOf(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = 12;
  for (let length = query[at] ?? 0; length !== 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 5 };
}

function reply(question: Buffer, answer: Exclude<DnsAnswer, 'silence'>): Buffer {
  const type = question.readUInt16BE(question.length - 4);
  const addresses = answer === 'no-such-name' ? [] : answer.filter((each) => TYPES[type]?.(each));
  const head = Buffer.from(question);
  head.writeUInt16BE(answer === 'no-such-name' ? 0x81_83 : 0x81_80, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(addresses.length, 6);
  head.writeUInt32BE(0, 8);
  return Buffer.concat([head, ...addresses.map((address) => recordOf(type, address))]);
}

/** One record of the question's name, good for no time at all. */
function recordOf(type: number, address: string): Buffer {
  const data = isIPv4(address) ? Buffer.from(address.split('.').map(Number)) : ipv6Bytes(address);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(0xc0_0c, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function ipv6Bytes(address: string): Buffer {
  const [left = '', right = ''] = address.split('::');
  const groups = (text: string) => text.split(':').filter((group) => group !== '');
  const missing = 8 - groups(left).length - groups(right).length;
  const all = [...groups(left), ...Array.from({ length: missing }, () => '0'), ...groups(right)];
  return Buffer.concat(all.map((group) => Buffer.from(group.padStart(4, '0'), 'hex')));
}
