import type { OutgoingHttp } from '../../shared/outgoing-http/index.ts';
import {
  ADDRESS_HIDDEN_BY_PROXY,
  ADDRESS_NOT_PUBLIC,
  OutgoingHttpError,
} from '../../shared/outgoing-http/index.ts';

/**
 * Proves that the door refuses addresses that are not public; a gateway on which it does not serves no documents.
 * @throws Error when a connection to this machine was not refused for its address.
 */
export async function proveAddressGuard(http: OutgoingHttp): Promise<void> {
  const probe = http.request({
    url: 'https://localhost:9/probe',
    method: 'GET',
    timeoutMs: 5_000,
    maxBytes: 0,
  });
  const failure = await probe.then(
    () => undefined,
    (error: unknown) => error,
  );
  const refusals = [ADDRESS_NOT_PUBLIC, ADDRESS_HIDDEN_BY_PROXY];
  if (failure instanceof OutgoingHttpError && refusals.includes(failure.reason ?? '')) return;
  throw new Error('client documents are on but the guard against internal addresses does not work');
}
