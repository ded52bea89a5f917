// Streams of gRPC in both directions: k6 run loadtest/k6/grpc-stream.js
// Environment: URL (default http://127.0.0.1:8080; https:// for TLS), DURATION (10s), VUS (16), MESSAGES (per stream, 100),
// BYTES (of a message, 64), P99 (of a round trip, ms, 100). The service is that of echo.proto.
//
// Each VU opens a stream, sends a message when the one before has come back, ends the stream, and opens the next one.

import { check } from 'k6';
import { Trend } from 'k6/metrics';
import grpc from 'k6/net/grpc';

const [, scheme, target] = /^(https?):\/\/([^/]+)/.exec(__ENV.URL || 'http://127.0.0.1:8080');
const messages = Number(__ENV.MESSAGES || 100);
const filler = 'x'.repeat(Number(__ENV.BYTES || 64));

const client = new grpc.Client();
client.load([], 'echo.proto');
let connected = false;

/** In whole milliseconds: k6 has no finer clock. */
const roundTrip = new Trend('grpc_round_trip', true);

export const options = {
  vus: Number(__ENV.VUS || 16),
  duration: __ENV.DURATION || '10s',
  summaryTrendStats: ['min', 'med', 'p(99)', 'p(99.9)', 'max'],
  thresholds: {
    checks: ['rate==1'],
    grpc_streams_msgs_received: ['count>0'],
    grpc_round_trip: [`p(99)<${__ENV.P99 || 100}`],
  },
};

// biome-ignore lint/style/noDefaultExport: k6 runs the default export.
export default function () {
  connected ||= check(client, { connected: connect });
  if (!connected) return;
  const stream = new grpc.Stream(client, 'octopus.loadtest.v1.Echo/Chat', { timeout: '10s' });
  let echoes = 0;
  let sent = '';
  let sentAt = 0;

  const send = () => {
    sent = `${echoes} ${filler}`;
    sentAt = Date.now();
    stream.write({ text: sent });
  };
  stream.on('data', ({ text }) => {
    roundTrip.add(Date.now() - sentAt);
    if (text === sent) echoes++;
    if (text !== sent || echoes === messages) stream.end();
    else send();
  });
  stream.on('end', () => check(echoes, { 'every message came back': (count) => count === messages }));
  stream.on('error', ({ code, message }) => {
    check(code, { 'no stream failed': () => false });
    console.error(`status ${code}: ${message}`);
  });
  send();
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
