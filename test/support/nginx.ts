import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { setTimeout as delay } from 'node:timers/promises';
import { acceptsConnections } from './accepts-connections.ts';
import type { TestCertificates } from './certificates.ts';

/** One request as nginx wrote it down when it was over. */
export interface ServedRequest {
  /** The nginx worker process that served it. */
  readonly pid: string;
  /** `host:port` of the back end; several, when it was passed on from one that did not answer. */
  readonly backEnd: string;
  readonly status: number;
  readonly path: string;
}

/** A real nginx that ends TLS and spreads requests over back ends in turn, without stickiness. */
export interface Nginx {
  readonly url: string;
  /** Every request that is over, in the order in which it ended. */
  served(): readonly ServedRequest[];
  /** `nginx -s reload`: new worker processes take new connections, the old ones finish theirs. */
  reload(): void;
  close(): Promise<void>;
}

const ATTEMPTS = 200;

interface NginxOptions {
  /** Loopback port on which it ends TLS. */
  readonly port: number;
  readonly backEnds: readonly string[];
  readonly certificates: TestCertificates;
}

/** Starts nginx on a loopback port; this process's own requests trust its authority from then on. @throws when it does not listen. */
export async function startNginx(options: NginxOptions): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'nginx-test-'));
  // Started as root, nginx serves as another user.
  chmodSync(folder, 0o755);
  const file = join(folder, 'nginx.conf');
  const log = join(folder, 'access.log');
  writeFileSync(file, configuration({ ...options, folder, log }));
  const child = spawn('nginx', ['-p', folder, '-c', file], { stdio: ['ignore', 'ignore', 'pipe'] });
  const errors: string[] = [];
  child.stderr.on('data', (chunk: Buffer) => errors.push(chunk.toString()));
  const close = async () => {
    if (child.exitCode === null && child.signalCode === null) {
      const exited = once(child, 'exit');
      // Fast shutdown: the master ends its workers before itself.
      child.kill('SIGTERM');
      await exited;
    }
    rmSync(folder, { recursive: true, force: true });
  };
  for (let attempt = 0; !(await acceptsConnections(options.port)); attempt += 1) {
    if (child.exitCode !== null || attempt === ATTEMPTS) {
      await close();
      throw new Error(`nginx did not start: ${errors.join('')}`);
    }
    await delay(25);
  }
  setDefaultCACertificates([...getCACertificates('default'), options.certificates.ca]);
  return {
    url: `https://localhost:${String(options.port)}`,
    served: () => (existsSync(log) ? readLog(readFileSync(log, 'utf8')) : []),
    reload: () => execFileSync('nginx', ['-p', folder, '-c', file, '-s', 'reload'], { stdio: 'pipe' }),
    close,
  };
}

function readLog(text: string): ServedRequest[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [pid = '', status = '', path = '', ...backEnd] = line.split(' ');
    return { pid, status: Number(status), path, backEnd: backEnd.join(' ') };
  });
}

function configuration(of: NginxOptions & { readonly folder: string; readonly log: string }): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `${process.getuid?.() === 0 ? 'user root;' : ''}
worker_processes 1;
daemon off;
pid ${of.folder}/nginx.pid;
error_log stderr warn;
events { worker_connections 1024; }
http {
  ${temporary.map((name) => `${name}_temp_path ${of.folder}/${name};`).join('\n  ')}
  log_format served '$pid $status $uri $upstream_addr';
  access_log ${of.log} served;
  upstream gateways {
    ${of.backEnds.map((url) => `server 127.0.0.1:${new URL(url).port} max_fails=1 fail_timeout=2s;`).join('\n    ')}
  }
  server {
    listen 127.0.0.1:${String(of.port)} ssl;
    ssl_certificate ${of.certificates.certFile};
    ssl_certificate_key ${of.certificates.keyFile};
    location / {
      proxy_pass http://gateways;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_buffering off;
      proxy_request_buffering off;
    }
  }
}
`;
}
