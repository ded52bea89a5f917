// Streams of gRPC in both directions: k6 run loadtest/k6/grpc-stream.js
// Environment: URL (default http://127.0.0.1:8080; https:// for TLS), DURATION (10s), VUS (16), MESSAGES (per stream, 100),
// BYTES (of a message, 64), P99 (of a round trip, ms, 100). The service is that of echo.proto.
//
// Each VU opens a stream, sends a message when the one before has come back, ends the stream, and opens the next one.

import { check } from 'k6';
import { Trend } from 'k6/metrics';
import grpc from 'k6/net/grpc';
import { connect, Echoes, oneAfterTheOther, p99 } from './shared.js';

const client = new grpc.Client();
client.load([], 'echo.proto');
let connected = false;

/** In whole milliseconds: k6 has no finer clock. */
const roundTrip = new Trend('grpc_round_trip', true);

export const options = oneAfterTheOther({
  grpc_streams_msgs_received: ['count>0'],
  grpc_round_trip: p99,
});

// biome-ignore lint/style/noDefaultExport: k6 runs the default export.
export default function () {
  connected ||= check(client, { connected: connect });
  if (!connected) return;
  const stream = new grpc.Stream(client, 'octopus.loadtest.v1.Echo/Chat', { timeout: '10s' });
  const echoes = new Echoes(roundTrip);
  const send = () => stream.write({ text: echoes.next() });
  stream.on('data', ({ text }) => {
    if (echoes.received(text)) send();
    else stream.end();
  });
  stream.on('end', () => check(echoes, { 'every message came back': ({ complete }) => complete }));
  stream.on('error', ({ code, message }) => {
    check(code, { 'no stream failed': () => false });
    console.error(`status ${code}: ${message}`);
  });
  send();
}
