// Uploads of growing size through a running gateway: k6 run loadtest/k6/http-post.js
// Environment: URL (default http://127.0.0.1:8080/; it must take POST), DURATION (10s), VUS (16).

import { check } from 'k6';
import http from 'k6/http';
import { oneAfterTheOther } from './shared.js';

const url = __ENV.URL || 'http://127.0.0.1:8080/';
const bodies = [1, 16, 256].map((kilobytes) => JSON.stringify({ text: 'x'.repeat(kilobytes * 1024) }));

export const options = oneAfterTheOther({ http_req_failed: ['rate==0'] });

// biome-ignore lint/style/noDefaultExport: k6 runs the default export.
export default function () {
  const body = bodies[__ITER % bodies.length];
  const response = http.post(url, body, { headers: { 'content-type': 'application/json' } });
  check(response, { 'status is 2xx': (answer) => answer.status >= 200 && answer.status < 300 });
}
