// Messages and their echoes through open WebSockets: k6 run loadtest/k6/websocket.js
// Environment: URL (default http://127.0.0.1:8080/; it must send every message back), DURATION (10s), VUS (16),
// MESSAGES (per connection, 100), BYTES (of a message, 64), P99 (of a round trip, ms, 100).
//
// Each VU opens a connection, sends a message when the one before has come back, closes, and opens the next connection.

import { check } from 'k6';
import { Trend } from 'k6/metrics';
import { WebSocket } from 'k6/websockets';
import { Echoes, oneAfterTheOther, p99 } from './shared.js';

const url = (__ENV.URL || 'http://127.0.0.1:8080/').replace(/^http/, 'ws');
/** Silence in ms after which a connection is given up. */
const PATIENCE = 10_000;

/** In whole milliseconds: k6 has no finer clock. */
const roundTrip = new Trend('ws_round_trip', true);

export const options = oneAfterTheOther({ ws_msgs_received: ['count>0'], ws_round_trip: p99 });

// biome-ignore lint/style/noDefaultExport: k6 runs the default export.
export default function () {
  const socket = new WebSocket(url);
  const echoes = new Echoes(roundTrip);
  let timer = setTimeout(() => socket.close(), PATIENCE);

  const send = () => socket.send(echoes.next());
  socket.onopen = send;
  socket.onmessage = ({ data }) => {
    clearTimeout(timer);
    timer = setTimeout(() => socket.close(), PATIENCE);
    if (echoes.received(data)) send();
    else socket.close();
  };
  socket.onclose = () => {
    clearTimeout(timer);
    check(echoes, { 'every message came back': ({ complete }) => complete });
  };
}
