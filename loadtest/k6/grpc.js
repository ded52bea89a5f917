// Unary calls of gRPC: k6 run loadtest/k6/grpc.js
// Environment: URL (default http://127.0.0.1:8080; https:// for TLS), DURATION (10s), VUS (16), P99 (ms, 100), and for a
// service of your own PROTO (its file, from the folder of this script), METHOD (shop.v1.Shop/Price), MESSAGE (as JSON).

import { check } from 'k6';
import grpc from 'k6/net/grpc';

const [, scheme, target] = /^(https?):\/\/([^/]+)/.exec(__ENV.URL || 'http://127.0.0.1:8080');
const method = __ENV.METHOD || 'octopus.loadtest.v1.Echo/Say';
const message = JSON.parse(__ENV.MESSAGE || JSON.stringify({ text: 'x'.repeat(64) }));

const client = new grpc.Client();
client.load([], __ENV.PROTO || 'echo.proto');
let connected = false;

export const options = {
  vus: Number(__ENV.VUS || 16),
  duration: __ENV.DURATION || '10s',
  summaryTrendStats: ['min', 'med', 'p(99)', 'p(99.9)', 'max'],
  thresholds: {
    checks: ['rate==1'],
    grpc_req_duration: [`p(99)<${__ENV.P99 || 100}`],
  },
};

// biome-ignore lint/style/noDefaultExport: k6 runs the default export.
export default function () {
  // Each VU keeps one connection for all of its calls.
  connected ||= check(client, { connected: connect });
  if (!connected) return;
  const response = client.invoke(method, message);
  check(response, { 'status is OK': (answer) => answer.status === grpc.StatusOK });
}

/** What `connect` throws would end the iteration without counting against any threshold. */
function connect() {
  try {
    client.connect(target, { plaintext: scheme === 'http', timeout: '10s' });
    return true;
  } catch (error) {
    console.error(`${target}: ${error}`);
    return false;
  }
}
