// Messages and their echoes through open WebSockets: k6 run loadtest/k6/websocket.js
// Environment: URL (default http://127.0.0.1:8080/; it must send every message back), DURATION (10s), VUS (16),
// MESSAGES (per connection, 100), BYTES (of a message, 64), P99 (of a round trip, ms, 100).
//
// Each VU opens a connection, sends a message when the one before has come back, closes, and opens the next connection.

import { check } from 'k6';
import { Trend } from 'k6/metrics';
import { WebSocket } from 'k6/websockets';

const url = (__ENV.URL || 'http://127.0.0.1:8080/').replace(/^http/, 'ws');
const messages = Number(__ENV.MESSAGES || 100);
const filler = 'x'.repeat(Number(__ENV.BYTES || 64));
/** Silence in ms after which a connection is given up. */
const PATIENCE = 10_000;

/** In whole milliseconds: k6 has no finer clock. */
const roundTrip = new Trend('ws_round_trip', true);

export const options = {
  vus: Number(__ENV.VUS || 16),
  duration: __ENV.DURATION || '10s',
  summaryTrendStats: ['min', 'med', 'p(99)', 'p(99.9)', 'max'],
  thresholds: {
    checks: ['rate==1'],
    ws_msgs_received: ['count>0'],
    ws_round_trip: [`p(99)<${__ENV.P99 || 100}`],
  },
};

// biome-ignore lint/style/noDefaultExport: k6 runs the default export.
export default function () {
  const socket = new WebSocket(url);
  let echoes = 0;
  let sent = '';
  let sentAt = 0;
  let timer = setTimeout(() => socket.close(), PATIENCE);

  const send = () => {
    sent = `${echoes} ${filler}`;
    sentAt = Date.now();
    socket.send(sent);
  };
  socket.onopen = send;
  socket.onmessage = ({ data }) => {
    roundTrip.add(Date.now() - sentAt);
    clearTimeout(timer);
    timer = setTimeout(() => socket.close(), PATIENCE);
    if (data === sent) echoes++;
    if (data !== sent || echoes === messages) socket.close();
    else send();
  };
  socket.onclose = () => {
    clearTimeout(timer);
    check(echoes, { 'every message came back': (count) => count === messages });
  };
}
