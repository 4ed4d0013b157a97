import { defaultedField, integerBetween } from '../../shared/config/index.ts';

/** What one MCP call may cost. */
export const callFields = {
  maxBodyBytes: defaultedField({
    env: 'MCP_MAX_BODY_BYTES',
    schema: integerBetween({ min: 1024, max: 67_108_864 }),
    default: '1048576',
    unit: 'bytes',
    description: 'Largest body of one MCP request; a larger one is answered 413.',
    remedy: 'Each open call may hold this much memory.',
  }),
  callsPerAccount: defaultedField({
    env: 'CALLS_PER_ACCOUNT',
    schema: integerBetween({ min: 1, max: 10_000 }),
    default: '32',
    description:
      'Calls of one account in flight at one gateway process; one more is answered 429 before its body is read.',
    remedy: 'Raise it for clients that call many tools at once.',
  }),
  streamsPerAccount: defaultedField({
    env: 'STREAMS_PER_ACCOUNT',
    schema: integerBetween({ min: 1, max: 10_000 }),
    default: '20',
    description: 'Open subscriptions of one account at one gateway process; one more is answered 429.',
    remedy: 'Raise it for people with many clients.',
  }),
  requestTimeoutSeconds: defaultedField({
    env: 'MCP_REQUEST_TIMEOUT',
    schema: integerBetween({ min: 1, max: 3600 }),
    default: '120',
    unit: 'seconds',
    description: 'Deadline of one MCP call, counted from its arrival; passing it is answered 504.',
    remedy: 'Stay below the idle timeout of your load balancer.',
  }),
};
