import { classifyInboundRequest } from '@modelcontextprotocol/server';
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { disagreement, readMessage } from '../../shared/mcp/index.ts';
import { LEGACY_VERSION, modernMeta, MODERN_VERSION } from '../support/mcp-messages.ts';
import { verifies } from './verifies.ts';

/** A POST as both classifiers see it. */
interface Post {
  readonly body: unknown;
  readonly version?: string | undefined;
  readonly method?: string | undefined;
  readonly name?: string | undefined;
}

type Verdict = 'modern' | 'legacy' | 'refused';

function ours({ body, version, method, name }: Post): Verdict {
  const reading = readMessage(Buffer.from(JSON.stringify(body)));
  if (!reading.ok) return 'refused';
  const mismatch = disagreement(reading.message, { protocolVersion: version, method, name });
  return mismatch === undefined ? reading.message.era : 'refused';
}

function theirs({ body, version, method, name }: Post): Verdict {
  const outcome = classifyInboundRequest({
    httpMethod: 'POST',
    body,
    ...(version === undefined ? {} : { protocolVersionHeader: version }),
    ...(method === undefined ? {} : { mcpMethodHeader: method }),
    ...(name === undefined ? {} : { mcpNameHeader: name }),
  });
  return outcome.kind === 'reject' ? 'refused' : outcome.kind;
}

const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';
const CAPABILITIES_KEY = 'io.modelcontextprotocol/clientCapabilities';
const METHODS = [
  'initialize',
  'ping',
  'tools/list',
  'tools/call',
  'server/discover',
  'prompts/get',
  'resources/read',
];
const VERSIONS = [MODERN_VERSION, LEGACY_VERSION, '2025-06-18', '2024-11-05', '2099-01-01', 'nonsense', ''];

const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const meta = fc.oneof(
  fc.constant(modernMeta()),
  fc.record(
    {
      [VERSION_KEY]: fc.oneof(fc.constantFrom(...VERSIONS), fc.constantFrom(1, null, {}, [])),
      [CAPABILITIES_KEY]: fc.constantFrom({}, { sampling: {} }, null, 'x'),
      progressToken: fc.constantFrom(1, 'x'),
    },
    { requiredKeys: [] },
  ),
  fc.constantFrom(null, 'x', 1, []),
);
const params = fc.record(
  {
    _meta: meta,
    name: fc.constantFrom('githubGetMe', 'other'),
    uri: fc.constant('test://x'),
    protocolVersion: fc.constantFrom(...VERSIONS),
  },
  { requiredKeys: [] },
);
const message = fc.record(
  {
    jsonrpc: fc.constant('2.0'),
    id: fc.constantFrom(1, 'a', 0),
    method: fc.constantFrom(...METHODS),
    params,
  },
  { requiredKeys: ['jsonrpc', 'method'] },
);
const post: fc.Arbitrary<Post> = fc
  .record({
    body: message,
    version: optional(fc.constantFrom(...VERSIONS)),
    methodHeader: fc.constantFrom('same', 'other', 'absent'),
    name: optional(fc.constantFrom('githubGetMe', 'other', 'test://x')),
  })
  .map(({ body, version, methodHeader, name }) => ({
    body,
    version,
    name,
    method: methodHeader === 'same' ? body.method : methodHeader === 'other' ? 'tools/other' : undefined,
  }));

const isNotification = ({ body }: Post) => !Object.hasOwn(body as object, 'id');

/** The one case that both accept and call differently; see the intended differences below. */
function isUnclaimedNotification(given: Post): boolean {
  const { params: given_ } = given.body as { params?: { _meta?: unknown } };
  const claim = given_?._meta;
  const isClaimed = typeof claim === 'object' && claim !== null && VERSION_KEY in claim;
  return isNotification(given) && (!isClaimed || (given.body as { method: string }).method === 'initialize');
}

const RUNS = { numRuns: 5000 };

describe('the era of a message, compared with the SDK’s classifier', () => {
  verifies('T4', 'is the same for every message that both accept', () => {
    const seen = new Set<Verdict>();
    fc.assert(
      fc.property(post, (given) => {
        const [own, sdk] = [ours(given), theirs(given)];
        if (own === 'refused' || sdk === 'refused' || isUnclaimedNotification(given)) return;
        seen.add(own);
        expect(own).toBe(sdk);
      }),
      RUNS,
    );
    expect([...seen].sort()).toEqual(['legacy', 'modern']);
  });

  verifies('T8', 'is never modern for us and legacy for the SDK: no header check is skipped', () => {
    fc.assert(
      fc.property(post, (given) => {
        if (ours(given) === 'modern' && !isUnclaimedNotification(given))
          expect(theirs(given)).not.toBe('legacy');
      }),
      RUNS,
    );
  });

  verifies('T5', 'is modern for us only with headers that agree with the body', () => {
    fc.assert(
      fc.property(post, (given) => {
        if (ours(given) !== 'modern' || isNotification(given)) return;
        const body = given.body as { method: string; params: { _meta: Record<string, unknown> } };
        expect(given.method).toBe(body.method);
        const claim = body.params._meta[VERSION_KEY];
        if (typeof claim === 'string') expect(given.version).toBe(claim);
      }),
      RUNS,
    );
  });
});

describe('intended differences from the SDK’s classifier', () => {
  const request = (method: string, parameters: object = {}) => ({
    jsonrpc: '2.0',
    id: 1,
    method,
    params: parameters,
  });
  const modern = request('tools/list', { _meta: modernMeta() });
  const agreeing = { version: MODERN_VERSION, method: 'tools/list' };

  const cases: Record<string, { given: Post; ours: Verdict; theirs: Verdict }> = {
    'a legacy body under a stateless header is forwarded, and the worker refuses it': {
      given: { body: request('tools/list'), version: MODERN_VERSION },
      ours: 'legacy',
      theirs: 'refused',
    },
    'a stateless body without capabilities is forwarded, and the worker refuses it': {
      given: { body: request('tools/list', { _meta: { [VERSION_KEY]: MODERN_VERSION } }), ...agreeing },
      ours: 'modern',
      theirs: 'refused',
    },
    'a batch is refused here': { given: { body: [request('ping')] }, ours: 'refused', theirs: 'legacy' },
    'a response is refused here': {
      given: { body: { jsonrpc: '2.0', id: 1, result: {} } },
      ours: 'refused',
      theirs: 'legacy',
    },
    'a stateless body without its headers is refused here, by the SDK only after it classified': {
      given: { body: modern },
      ours: 'refused',
      theirs: 'modern',
    },
    'a stateless call without Mcp-Name is refused here, by the SDK only after it classified': {
      given: {
        body: request('tools/call', { name: 'x', _meta: modernMeta() }),
        version: MODERN_VERSION,
        method: 'tools/call',
      },
      ours: 'refused',
      theirs: 'modern',
    },
    'a notification that claims nothing is legacy here whatever its header says: headers decide nothing': {
      given: { body: { jsonrpc: '2.0', method: 'notifications/cancelled' }, version: MODERN_VERSION },
      ours: 'legacy',
      theirs: 'modern',
    },
  };
  for (const [title, expected] of Object.entries(cases)) {
    verifies('T8', title, () => {
      expect(ours(expected.given)).toBe(expected.ours);
      expect(theirs(expected.given)).toBe(expected.theirs);
    });
  }

  verifies('T8', 'the plain cases are none: both agree on them', () => {
    const plain: readonly (readonly [Post, Verdict])[] = [
      [{ body: modern, ...agreeing }, 'modern'],
      [{ body: request('tools/list') }, 'legacy'],
      [{ body: request('tools/list'), version: LEGACY_VERSION, method: 'tools/call' }, 'legacy'],
      [{ body: request('initialize'), version: MODERN_VERSION }, 'refused'],
      [{ body: modern, version: LEGACY_VERSION, method: 'tools/list' }, 'refused'],
      [{ body: modern, version: MODERN_VERSION, method: 'tools/call' }, 'refused'],
      [
        {
          body: request('initialize', { _meta: modernMeta('nonsense') }),
          version: 'nonsense',
          method: 'initialize',
        },
        'modern',
      ],
      [{ body: { jsonrpc: '1.0', id: 1, method: 'ping' } }, 'refused'],
    ];
    for (const [given, verdict] of plain) expect([ours(given), theirs(given)]).toEqual([verdict, verdict]);
  });
});
