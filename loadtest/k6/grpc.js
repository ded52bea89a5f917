// Unary calls of gRPC: k6 run loadtest/k6/grpc.js
// Environment: URL (default http://127.0.0.1:8080; https:// for TLS), DURATION (10s), VUS (16), P99 (ms, 100), and for a
// service of your own PROTO (its file, from the folder of this script), METHOD (shop.v1.Shop/Price), MESSAGE (as JSON).

import { check } from 'k6';
import grpc from 'k6/net/grpc';
import { connect, oneAfterTheOther, p99 } from './shared.js';

const method = __ENV.METHOD || 'octopus.loadtest.v1.Echo/Say';
const message = JSON.parse(__ENV.MESSAGE || JSON.stringify({ text: 'x'.repeat(64) }));

const client = new grpc.Client();
client.load([], __ENV.PROTO || 'echo.proto');
let connected = false;

export const options = oneAfterTheOther({ grpc_req_duration: p99 });

// biome-ignore lint/style/noDefaultExport: k6 runs the default export.
export default function () {
  // Each VU keeps one connection for all of its calls.
  connected ||= check(client, { connected: connect });
  if (!connected) return;
  const response = client.invoke(method, message);
  check(response, { 'status is OK': (answer) => answer.status === grpc.StatusOK });
}
