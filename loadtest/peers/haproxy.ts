import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { isHttp2, routePrefix } from '../cases.ts';
import { find, version } from '../system/tools.ts';
import { type Launch, MAX_CONNECTIONS, type Peer, type Setup } from './peer.ts';

export const haproxy: Peer = {
  name: 'haproxy',
  hint: 'apt-get install haproxy',
  findVersion: () => {
    const program = find('haproxy');
    return program && version(program, ['-v'], /version (\d+\.\d+\.\d+)/);
  },
  prepare(setup: Setup): Launch | null {
    const file = path.join(setup.directory, 'haproxy.cfg');
    const routes = path.join(setup.directory, 'routes.lst');
    writeFileSync(
      routes,
      Array.from({ length: setup.scenario.routes }, (_, index) => routePrefix(index)).join('\n'),
    );
    writeFileSync(file, configuration(setup, routes));
    return {
      command: find('haproxy')!,
      // Master and worker: the way it runs under systemd, and the only one that can reload.
      args: ['-W', '-f', file],
      reload: (pid) => process.kill(pid, 'SIGUSR2'),
    };
  },
};

/** It wants certificate and key in one file. */
function bindFlags({ scenario, directory, certificate }: Setup): string {
  const http2 = isHttp2(scenario);
  if (certificate === null) return http2 ? ' proto h2' : '';
  const pem = path.join(directory, 'haproxy.pem');
  writeFileSync(pem, readFileSync(certificate.cert, 'utf8') + readFileSync(certificate.key, 'utf8'));
  return ` ssl crt ${pem} alpn ${http2 ? 'h2' : 'http/1.1'}`;
}

function configuration(setup: Setup, routes: string): string {
  const { scenario, port, originPort } = setup;
  const lines = [
    'global',
    // Warn, do not end, where the limit of open files is lower than twice maxconn.
    '  no strict-limits',
    `  nbthread ${scenario.workers}`,
    `  maxconn ${MAX_CONNECTIONS}`,
    'defaults',
    '  mode http',
    '  timeout connect 2s',
    '  timeout client 75s',
    '  timeout server 60s',
    '  timeout tunnel 60s',
    '  timeout http-keep-alive 75s',
    '  http-reuse always',
    '  option forwardfor',
    'frontend clients',
    `  bind 127.0.0.1:${port} backlog 4096${bindFlags(setup)}`,
  ];
  if (scenario.plugins === 3) {
    lines.push(
      '  http-request deny unless { src 127.0.0.0/8 }',
      '  stick-table type ip size 100k expire 1m store http_req_rate(1s)',
      '  http-request track-sc0 src',
      '  http-request deny deny_status 429 if { sc_http_req_rate(0) gt 1000000 }',
    );
  }
  if (scenario.plugins > 0) lines.push('  http-request set-header X-Loadtest 1');
  // A prefix tree, its fastest way to route.
  if (scenario.routes > 0) lines.push(`  http-request deny deny_status 404 unless { path_beg -f ${routes} }`);
  const server = `  server origin 127.0.0.1:${originPort}${scenario.client === 'grpc' ? ' proto h2' : ''}`;
  lines.push('  default_backend origin', 'backend origin', server, '');
  return lines.join('\n');
}
