import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { eventually } from '../support/gateway.ts';
import { reservePort } from '../support/ports.ts';
import { findProgram, Running } from '../support/programs.ts';

export interface RunningProxy {
  readonly port: number;
  stop(): Promise<void>;
}

/** nginx in front of the origin, with its defaults but for HTTP/1.1 and keep-alive towards the origin. */
export async function startNginx(originPort: number): Promise<RunningProxy | { missing: string }> {
  return startNginxWith(
    (port) => `
  upstream origin { server 127.0.0.1:${originPort}; keepalive 64; }
  server {
    listen 127.0.0.1:${port} reuseport;
    location /respond/ { return 200 "made here"; }
    location / { proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Host $host; proxy_set_header Connection ""; }
  }`,
  );
}

/** nginx that forwards WebSockets and streams as its manual says. */
export async function startStreamingNginx(originPort: number): Promise<RunningProxy | { missing: string }> {
  return startNginxWith(
    (port) => `
  map $http_upgrade $connection_upgrade { default upgrade; '' close; }
  server {
    listen 127.0.0.1:${port};
    location / {
      proxy_pass http://127.0.0.1:${originPort}; proxy_http_version 1.1; proxy_buffering off;
      proxy_set_header Host $host; proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
    }
  }`,
  );
}

/** nginx that forwards gRPC: HTTP/2 with prior knowledge on both sides. */
export async function startGrpcNginx(originPort: number): Promise<RunningProxy | { missing: string }> {
  return startNginxWith(
    (port) => `
  server {
    listen 127.0.0.1:${port} http2; client_max_body_size 0;
    location / { grpc_pass grpc://127.0.0.1:${originPort}; }
  }`,
  );
}

/** HAProxy that speaks nothing but HTTP/2 on both sides. */
export async function startGrpcHaproxy(originPort: number): Promise<RunningProxy | { missing: string }> {
  return startHaproxy(originPort, '', 'proto h2');
}

/** nginx as a plain file server that ends each connection after 50 requests. */
export async function startFileServer(root: string): Promise<RunningProxy | { missing: string }> {
  return startNginxWith(
    (port) => `  keepalive_requests 50; server { listen 127.0.0.1:${port}; root ${root}; }`,
  );
}

/**
 * HAProxy in front of the origin, with its defaults.
 *
 * @param options lines of its `defaults` section
 * @param protocol words for both of its sides
 */
export async function startHaproxy(
  originPort: number,
  options = '',
  protocol = '',
): Promise<RunningProxy | { missing: string }> {
  return start(
    'haproxy',
    (port) => `
global
  maxconn 4000
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
  ${options}
frontend front
  bind 127.0.0.1:${port} ${protocol}
  http-request return status 200 content-type text/plain string "made here" if { path_beg /respond/ }
  default_backend origin
backend origin
  server origin 127.0.0.1:${originPort} ${protocol}
`,
    (file) => ['-db', '-f', file],
  );
}

/** Paths of what a proxy needs for TLS, both ways. */
export interface ProxyTls {
  readonly cert: string;
  readonly key: string;
  /** Both in one file, as HAProxy wants it. */
  readonly pem: string;
  /** Whose certificates are trusted. */
  readonly ca: string;
  /** What the other side's certificate is for. */
  readonly name: string;
}

/** nginx with HTTPS and HTTP/2 towards clients. @param target such as `https://127.0.0.1:8443` */
export async function startTlsNginx(
  target: string,
  tls: ProxyTls,
): Promise<RunningProxy | { missing: string }> {
  return startNginxWith(
    (port) => `
  server {
    listen 127.0.0.1:${port} ssl http2; ssl_certificate ${tls.cert}; ssl_certificate_key ${tls.key};
    client_max_body_size 0;
    location / {
      proxy_pass ${target}; proxy_http_version 1.1; proxy_set_header Host $host; proxy_set_header Connection "";
      proxy_ssl_server_name on; proxy_ssl_name ${tls.name}; proxy_ssl_verify on; proxy_ssl_trusted_certificate ${tls.ca};
    }
  }`,
  );
}

/** HAProxy with HTTPS and HTTP/2 towards clients. @param server the line of its server behind the name */
export async function startTlsHaproxy(
  server: string,
  tls: ProxyTls,
): Promise<RunningProxy | { missing: string }> {
  return start(
    'haproxy',
    (port) => `
defaults
  mode http
  timeout connect 5s
  timeout client 10s
  timeout server 10s
frontend front
  bind 127.0.0.1:${port} ssl crt ${tls.pem} alpn h2,http/1.1
  default_backend origin
backend origin
  server origin ${server}
`,
    (file) => ['-db', '-f', file],
  );
}

/** One process of nginx, with all that it writes in the folder. @param http what stands in its `http` section */
function startNginxWith(http: (port: number) => string): Promise<RunningProxy | { missing: string }> {
  return start(
    'nginx',
    (port, folder) => `
daemon off; worker_processes 1; pid ${folder}/pid; error_log ${folder}/error.log crit; user root;
events { worker_connections 4096; }
http {
  access_log off; client_body_temp_path ${folder}/a; proxy_temp_path ${folder}/b; fastcgi_temp_path ${folder}/c;
  uwsgi_temp_path ${folder}/d; scgi_temp_path ${folder}/e;
${http(port)}
}`,
    (file, folder) => ['-p', folder, '-c', file, '-e', 'stderr'],
  );
}

async function start(
  name: 'nginx' | 'haproxy',
  configure: (port: number, folder: string) => string,
  args: (file: string, folder: string) => string[],
): Promise<RunningProxy | { missing: string }> {
  const program = await findProgram(name);
  if ('missing' in program) return program;
  const folder = mkdtempSync(path.join(os.tmpdir(), `octopus-${name}-`));
  const { port, release } = await reservePort();
  const file = path.join(folder, 'proxy.conf');
  writeFileSync(file, configure(port, folder));
  const running = new Running(program.path, args(file, folder));
  const stop = async (): Promise<void> => {
    await running.stop('SIGTERM');
    rmSync(folder, { recursive: true, force: true });
    release();
  };
  try {
    await eventually(() => accepts(port), `${name} to listen`);
  } catch (error) {
    await stop();
    throw new Error(`${(error as Error).message}: ${running.output}`);
  }
  return { port, stop };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
