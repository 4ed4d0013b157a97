import {
  anyOrigin,
  defaultedField,
  isOnLoopback,
  isPlainRemote,
  listOf,
  requiredField,
  trueOrFalse,
} from '../../shared/config/index.ts';
import type { ConfigOf, CrossCheck, Objection } from '../../shared/config/index.ts';
import type { sharedFields } from '../../shared/config/index.ts';

/** The workers that calls go to. */
export const workerFields = {
  workerUrls: requiredField({
    env: 'WORKER_URLS',
    schema: listOf(anyOrigin),
    description: 'Origins of the workers, separated by commas.',
    remedy: 'List origins such as http://127.0.0.1:8080.',
  }),
  workerAllowHttp: defaultedField({
    env: 'WORKER_ALLOW_HTTP',
    schema: trueOrFalse,
    default: 'false',
    description:
      'Accepts workers reached by plain http on other machines, where the network itself is trusted.',
    remedy: 'Set true or false.',
  }),
};

type Fields = typeof workerFields & Pick<typeof sharedFields, 'workerGateKey'>;
type Values = ConfigOf<Fields>;
type Objections = readonly Objection<Fields>[];

/** Calls carry access tokens: on a network they are not to travel in the clear unless the operator says so. */
function objectToPlainWorkers({ workerUrls, workerAllowHttp }: Values): Objections {
  const plain = workerUrls.filter(isPlainRemote);
  if (workerAllowHttp || plain.length === 0) return [];
  const remedy = 'Use https, or set WORKER_ALLOW_HTTP=true if the network to the workers is trusted.';
  return [
    { key: 'workerUrls', problem: `reaches other machines by plain http: ${plain.join(', ')}`, remedy },
  ];
}

/** A generated key stays on its host: a worker elsewhere could not know it. */
function objectToMissingGateKey({ workerUrls, workerGateKey }: Values): Objections {
  const remote = workerUrls.find((url) => !isOnLoopback(url));
  if (workerGateKey !== undefined || remote === undefined) return [];
  return [
    { key: 'workerGateKey', problem: `is required because the worker ${remote} is on another machine` },
  ];
}

export const workerChecks: readonly CrossCheck<Fields>[] = [
  { needs: ['workerUrls', 'workerAllowHttp'], check: objectToPlainWorkers },
  { needs: ['workerUrls', 'workerGateKey'], check: objectToMissingGateKey },
];
