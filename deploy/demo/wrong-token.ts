import { z } from 'zod';

const TIMEOUT_MS = 10_000;

const metadata = z.looseObject({ resource: z.string(), authorization_servers: z.array(z.string()) });

/**
 * Calls the endpoint with a token nobody issued and follows the challenge to the resource's metadata (RFC 9728 §5.1).
 * @returns the URL of that metadata
 * @throws when the call is not refused, or the challenge leads elsewhere
 */
export async function requireChallenge(mcpUrl: string): Promise<string> {
  const response = await fetch(mcpUrl, {
    method: 'POST',
    headers: { authorization: 'Bearer wrong', 'content-type': 'application/json' },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' }),
    signal: AbortSignal.timeout(TIMEOUT_MS),
  });
  await response.body?.cancel();
  if (response.status !== 401) throw new Error(`a wrong token was answered ${response.status}, not 401`);
  const challenge = response.headers.get('www-authenticate') ?? '';
  const url = /\bresource_metadata="([^"]+)"/.exec(challenge)?.[1];
  if (url === undefined) throw new Error(`the challenge names no resource_metadata: ${challenge}`);
  const document = await fetch(url, { signal: AbortSignal.timeout(TIMEOUT_MS) });
  const { resource } = metadata.parse(await document.json());
  if (resource !== mcpUrl) throw new Error(`${url} describes ${resource}, not ${mcpUrl}`);
  return url;
}
