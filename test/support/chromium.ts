import { createHash, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { chromium } from 'playwright-core';
import type { Browser } from 'playwright-core';

/** Nothing but the tests' own traffic: no updates, no synchronisation, no QUIC. */
const ARGUMENTS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Starts the system's headless Chromium with a profile of its own that goes when it is closed.
 * `certFile` names the one certificate to be trusted besides the usual ones.
 * @throws when there is no `chromium` on the PATH
 */
export async function startChromium(certFile?: string): Promise<Browser> {
  const trust = certFile === undefined ? [] : [`--ignore-certificate-errors-spki-list=${keyHash(certFile)}`];
  return await chromium.launch({ executablePath: findChromium(), args: [...ARGUMENTS, ...trust] });
}

function keyHash(certFile: string): string {
  const { publicKey } = new X509Certificate(readFileSync(certFile));
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('base64');
}

function findChromium(): string {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const found = folders.map((folder) => join(folder, 'chromium')).find((file) => existsSync(file));
  if (found === undefined) throw new Error('there is no chromium on the PATH');
  return found;
}
