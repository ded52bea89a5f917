/** Parts of the configuration in the form in which other threads and the admin server want them. */
import type { WorkerSettings } from '../shared/messages.ts';
import type { Config } from './schema/schema.ts';
import { type HostPort, parseHostPort } from './values.ts';

/** @param instanceId tells this process from others with the same `server.via` (rule B5) */
export function workerSettings(config: Config, instanceId: string): Omit<WorkerSettings, 'tls'> {
  const { server, observability, tls } = config;
  const { limits, path_policy: policy } = server;
  const { access_log: accessLog } = observability.logging;
  return {
    limits: {
      requestLine: limits.request_line,
      headerBytes: limits.header_bytes,
      headerCount: limits.header_count,
      body: limits.body,
      headerTimeout: limits.header_timeout,
      bodyIdleTimeout: limits.body_idle_timeout,
      keepAliveTimeout: limits.keep_alive_timeout,
      connections: limits.connections,
    },
    trustedProxies: server.trusted_proxies,
    pathPolicy: {
      doubleSlash: policy.double_slash,
      encodedSlash: policy.encoded_slash,
      backslash: policy.backslash,
      parameters: policy.parameters,
    },
    viaName: server.via,
    instanceId,
    http2: {
      enabled: server.http2.enabled,
      maxConcurrentStreams: server.http2.max_concurrent_streams,
      streamWindow: server.http2.stream_window,
      pingInterval: server.http2.ping_interval,
    },
    redirectToHttps: redirectPort(tls, server.https_port),
    accessLog: { enabled: accessLog.enabled, sample: accessLog.sample },
  };
}

/** 0: plain requests are served. */
function redirectPort(tls: Config['tls'], httpsPort: number): number {
  if (!tls.enabled || tls.redirect_http === false) return 0;
  return tls.redirect_http === true ? httpsPort : tls.redirect_http;
}

/** Where the admin server listens: `admin.address`, else `server.host` with `server.admin_port`. */
export function adminAddress(config: Pick<Config, 'server' | 'admin'>): HostPort {
  const own = config.admin.address === undefined ? null : parseHostPort(config.admin.address);
  return own ?? { host: config.server.host, port: config.server.admin_port };
}
