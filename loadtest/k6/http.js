// HTTP through a running gateway at a fixed rate: k6 run loadtest/k6/http.js
// Environment: URL (default http://127.0.0.1:8080/), RATE (requests per second, 500), DURATION (10s), VUS (64),
// P99 (ms, 100), PROTOCOL (for example HTTP/2.0: what every response must have come by; default: any). An https:// URL
// makes it HTTP/2 where the gateway offers that.
//
// constant-arrival-rate starts requests on schedule whether or not earlier ones have been answered; a request that finds
// no free VU is counted in dropped_iterations, so slowness cannot hide there either.

import { check } from 'k6';
import http from 'k6/http';
import { p99, summaryTrendStats } from './shared.js';

const url = __ENV.URL || 'http://127.0.0.1:8080/';
const protocol = __ENV.PROTOCOL || '';
const vus = Number(__ENV.VUS || 64);

export const options = {
  scenarios: {
    fixed_rate: {
      executor: 'constant-arrival-rate',
      rate: Number(__ENV.RATE || 500),
      timeUnit: '1s',
      duration: __ENV.DURATION || '10s',
      preAllocatedVUs: vus,
      maxVUs: vus,
    },
  },
  summaryTrendStats,
  thresholds: {
    http_req_failed: ['rate==0'],
    dropped_iterations: ['count==0'],
    checks: ['rate==1'],
    http_req_duration: p99,
  },
};

// biome-ignore lint/style/noDefaultExport: k6 runs the default export.
export default function () {
  const response = http.get(url, { headers: { accept: 'application/json' } });
  check(response, {
    'status is 200': (answer) => answer.status === 200,
    'protocol is the wanted one': (answer) => protocol === '' || answer.proto === protocol,
  });
}
