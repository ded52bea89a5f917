/** Whether a server answers as a case needs it. */
import net from 'node:net';
import { type Case, ECHO_PATH, SMALL_JSON } from './cases.ts';
import type { Server } from './system/child.ts';
import { type Answer, get, ready } from './system/probe.ts';
import { callGrpc, getHttp2 } from './system/probe-http2.ts';
import { echoThroughTunnel } from './system/probe-websocket.ts';

/** 100,000 routes take some proxies long to read. */
const PROXY_START_SECONDS = 180;
const ORIGIN_START_SECONDS = 10;

/** Waits until the origin serves what the proxies will ask for. @throws Error when it does not */
export async function verifyOrigin(server: Server, port: number, { client, path }: Case): Promise<void> {
  // Without a proxy the field comes from the probe.
  const forwarded = { 'x-forwarded-for': '127.0.0.1' };
  const ask = client === 'grpc' ? () => callGrpc(port, path, forwarded) : () => get(port, path);
  await ready('origin', server, ORIGIN_START_SECONDS, ask);
}

/**
 * Waits until the proxy is up and checks that it does what the others do: the right body, and X-Forwarded-For. One that
 * does less must not be compared with them. @throws Error when it does not
 */
export async function verifyProxy(name: string, server: Server, port: number, scenario: Case): Promise<void> {
  const answer = await ready(name, server, PROXY_START_SECONDS, () => askProxy(port, scenario));
  if (answer.body.length !== scenario.responseBytes) {
    throw new Error(`${name} answered ${answer.body.length} bytes instead of ${scenario.responseBytes}`);
  }
  // The origin of gRPC refuses calls without the field.
  if (scenario.routes > 0 || scenario.client === 'grpc') return;
  const echo = await getForwarded(port, scenario);
  if (net.isIP(echo.body) === 0) throw new Error(`${name} sent X-Forwarded-For: ${echo.body || '(none)'}`);
}

function askProxy(port: number, { client, path, tls }: Case): Promise<Answer> {
  switch (client) {
    case 'http1':
      return get(port, path, tls);
    case 'http2':
      return getHttp2(port, path, tls);
    case 'grpc':
      return callGrpc(port, path);
    case 'websocket':
      return echoThroughTunnel(port, path, SMALL_JSON);
  }
}

function getForwarded(port: number, { client, tls }: Case): Promise<Answer> {
  return client === 'http2' ? getHttp2(port, ECHO_PATH, tls) : get(port, ECHO_PATH, tls);
}
