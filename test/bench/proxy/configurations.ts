/** Configurations of the servers that are measured beside ours. All keep connections to the back end. */

/** What answers for a worker: the fastest thing there is, so that what is in front of it is what is measured. */
export function backEndConfiguration(port: number, folder: string): string {
  return nginx(
    folder,
    `server {
      listen 127.0.0.1:${String(port)} reuseport backlog=4096;
      keepalive_requests 100000000;
      location / { default_type application/json; return 200 '${ANSWER}'; }
    }`,
  );
}

const ANSWER = '{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"octocat"}]}}';

/** nginx that forwards, and looks at nothing. */
export function nginxConfiguration(of: { port: number; backEnd: number; folder: string }): string {
  return nginx(
    of.folder,
    `upstream back { server 127.0.0.1:${String(of.backEnd)}; keepalive 64; keepalive_requests 100000000; }
    server {
      listen 127.0.0.1:${String(of.port)} backlog=4096;
      keepalive_requests 100000000;
      location / {
        proxy_pass http://back;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_buffering off;
      }
    }`,
  );
}

function nginx(folder: string, servers: string): string {
  return `daemon off;
  worker_processes 1;
  pid ${folder}/nginx.pid;
  error_log ${folder}/error.log crit;
  events { worker_connections 4096; }
  http {
    access_log off;
    client_body_temp_path ${folder}/body;
    proxy_temp_path ${folder}/proxy;
    fastcgi_temp_path ${folder}/fastcgi;
    uwsgi_temp_path ${folder}/uwsgi;
    scgi_temp_path ${folder}/scgi;
    ${servers}
  }`;
}

const MODULES = '/usr/lib/apache2/modules';

/** Apache httpd that verifies the same token with mod_oauth2 and forwards: one process, one core. */
export function apacheConfiguration(of: {
  port: number;
  backEnd: number;
  folder: string;
  jwks: string;
}): string {
  const load = (name: string, file = name) => `LoadModule ${name}_module ${MODULES}/mod_${file}.so`;
  return `
ServerRoot ${of.folder}
ServerName localhost
Listen 127.0.0.1:${String(of.port)}
PidFile ${of.folder}/httpd.pid
ErrorLog ${of.folder}/error.log
LogLevel error
${['mpm_event', 'authn_core', 'authz_core', 'authz_user', 'proxy', 'proxy_http', 'oauth2'].map((name) => load(name)).join('\n')}
StartServers 1
ServerLimit 1
ThreadsPerChild 64
ThreadLimit 64
MaxRequestWorkers 64
KeepAlive On
MaxKeepAliveRequests 0
KeepAliveTimeout 60
DefaultRuntimeDir ${of.folder}
Mutex file:${of.folder}
<Location "/">
  AuthType oauth2
  OAuth2TokenVerify jwks_uri ${of.jwks}
  Require valid-user
  ProxyPass "http://127.0.0.1:${String(of.backEnd)}/" keepalive=On
</Location>
`;
}
