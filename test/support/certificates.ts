import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Files of a certificate authority made for one test, and of a server certificate it signed. */
export interface TestCertificates {
  readonly folder: string;
  readonly caFile: string;
  readonly ca: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** Makes a private authority and a certificate, valid for a day, for these names (`subjectAltName`). */
export function makeCertificates(names = 'DNS:localhost,IP:127.0.0.1'): TestCertificates {
  const folder = mkdtempSync(join(tmpdir(), 'certificates-test-'));
  const path = (name: string) => join(folder, name);
  const openssl = (...command: string[]) => execFileSync('openssl', command, { stdio: 'pipe' });
  const ec = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '1'];
  openssl(
    'req',
    '-x509',
    ...ec,
    '-keyout',
    path('ca.key'),
    '-out',
    path('ca.pem'),
    '-subj',
    '/CN=test authority',
  );
  openssl('req', ...ec, '-keyout', path('server.key'), '-out', path('server.csr'), '-subj', '/CN=localhost');
  writeFileSync(path('names'), `subjectAltName=${names}\n`);
  openssl(
    'x509',
    '-req',
    '-in',
    path('server.csr'),
    '-CA',
    path('ca.pem'),
    '-CAkey',
    path('ca.key'),
    '-days',
    '1',
    '-extfile',
    path('names'),
    '-out',
    path('server.pem'),
  );
  return {
    folder,
    caFile: path('ca.pem'),
    ca: readFileSync(path('ca.pem'), 'utf8'),
    certFile: path('server.pem'),
    keyFile: path('server.key'),
  };
}
