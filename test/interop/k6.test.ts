/** The scripts of loadtest/k6, with the gateway and the services that loadtest/README.md starts for them. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { Authority } from '../support/certificates.ts';
import { eventually, type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import type { Metrics } from '../support/metrics.ts';
import { reservePort } from '../support/ports.ts';
import { findGoProgram, Running } from '../support/programs.ts';

const FOLDER = fileURLToPath(new URL('../../../loadtest/k6/', import.meta.url));
/** Little, and with patience: a busy machine is no failure. */
const OPTIONS = ['-e', 'DURATION=1s', '-e', 'RATE=20', '-e', 'P99=30000'];
/** What k6 ends with when a threshold is crossed. */
const CROSSED = 99;

const authority = await Authority.create();
// To build it takes minutes.
const program =
  process.env['OCTOPUS_SOAK'] === '1'
    ? await findGoProgram('k6', 'go.k6.io/k6@v1.8.1', { limit: 20 * 60_000 })
    : { missing: 'only with OCTOPUS_SOAK=1' };
const skip = 'missing' in program && program.missing;

interface Result {
  readonly code: number;
  readonly output: string;
  /** The first number of a metric in the summary. */
  count(metric: string): number;
}

/** The scripts, and which number of k6's summary is the one of its requests. */
const COUNTERS = {
  'http.js': 'http_reqs',
  'http-post.js': 'http_reqs',
  'websocket.js': 'ws_sessions',
  'grpc.js': 'iterations',
  'grpc-stream.js': 'grpc_streams',
} as const;
type Script = keyof typeof COUNTERS;
const SCRIPTS = Object.keys(COUNTERS) as Script[];

const webRequests = (labels: Record<string, string>) => (metrics: Metrics) =>
  metrics.sum('octopus_requests_total', { route: '/*', ...labels });
const answeredCalls = (metrics: Metrics) => metrics.sum('octopus_grpc_requests_total', { grpc_status: 'OK' });

describe('k6', { skip }, () => {
  let services: Running;
  let gateway: Gateway;
  let release = (): void => {};

  before(async () => {
    const [web, grpc] = await Promise.all([reservePort(), reservePort()]);
    release = () => {
      web.release();
      grpc.release();
    };
    const env = { WEB_PORT: String(web.port), GRPC_PORT: String(grpc.port) };
    services = new Running(process.execPath, [path.join(FOLDER, 'services.mjs')], env);
    const { server: _, ...config } = parse(
      readFileSync(path.join(FOLDER, 'gateway.yaml'), 'utf8'),
    ) as GatewayConfig;
    const pem = authority?.issue('localhost', { names: 'DNS:localhost,IP:127.0.0.1' });
    const tls = pem && { tls: { enabled: true, cert: 'cert.pem', key: 'key.pem' } };
    const files = pem && { 'cert.pem': pem.cert, 'key.pem': pem.key };
    gateway = await startGateway({ ...config, ...tls }, { workers: 1, env, ...(files && { files }) });
    await eventually(async () => services.output.includes('gRPC on'), 'the services');
  });
  after(async () => {
    await gateway?.stop();
    await services?.stop();
    release();
  });

  function run(script: Script, ...args: readonly string[]): Promise<Result> {
    // Without --address the runs would want the same port for k6's own API.
    const fixed = ['run', '--quiet', '--no-color', '--address=', ...OPTIONS];
    // One for each request of http.js, so that none can be late.
    const vus = script === 'http.js' ? 'VUS=30' : 'VUS=2';
    const env = { ...process.env, K6_NO_USAGE_REPORT: 'true', K6_AUTO_EXTENSION_RESOLUTION: 'false' };
    const settings = { env, timeout: 60_000, maxBuffer: 64 * 1024 * 1024 };
    return new Promise((resolve) => {
      execFile(
        (program as { path: string }).path,
        [...fixed, '-e', vus, ...args, path.join(FOLDER, script)],
        settings,
        (error, stdout, stderr) =>
          resolve({
            code: Number(error?.code ?? (error ? -1 : 0)),
            output: `${stdout.slice(0, 4_000)}${stderr.slice(-1_000)}`,
            count: (metric) => Number(new RegExp(`^ +${metric}\\.+: +(\\d+) `, 'm').exec(stdout)?.[1]),
          }),
      );
    });
  }

  it('every script passes, and what it has counted is what came', async () => {
    const url = ['-e', `URL=http://127.0.0.1:${gateway.port}/`];
    const counts = new Map<Script, number>();
    const runAndCount = async (script: Script): Promise<void> => {
      const { code, output, count } = await run(script, ...url);
      assert.equal(code, 0, `${script}: ${output}`);
      counts.set(script, count(COUNTERS[script]));
    };
    await Promise.all(SCRIPTS.map(runAndCount));
    for (const script of SCRIPTS) assert.ok(counts.get(script)! > 0, script);

    const expected = [
      [webRequests({ method: 'GET', status: '200' }), ['http.js']],
      [webRequests({ method: 'POST', status: '200' }), ['http-post.js']],
      [webRequests({ status: '101' }), ['websocket.js']],
      [answeredCalls, ['grpc.js', 'grpc-stream.js']],
    ] as const;
    for (const [arrived, scripts] of expected) {
      const sum = scripts.reduce((total, script) => total + counts.get(script)!, 0);
      await eventually(
        async () => arrived(await gateway.metrics()) === sum,
        `the ${sum} requests of ${scripts}`,
      );
    }
  });

  it('http.js speaks HTTP/2 over TLS', { skip: authority === null && 'no openssl' }, async () => {
    const url = `URL=https://127.0.0.1:${gateway.tlsPort}/`;
    const secure = ['--insecure-skip-tls-verify', '-e', url, '-e'];
    const [http2, http1] = await Promise.all(
      ['HTTP/2.0', 'HTTP/1.1'].map((protocol) => run('http.js', ...secure, `PROTOCOL=${protocol}`)),
    );
    assert.equal(http2!.code, 0, http2!.output);
    assert.equal(http1!.code, CROSSED, http1!.output);
    const grpc = await run('grpc.js', ...secure.slice(0, -1));
    assert.equal(grpc.code, 0, grpc.output);
  });

  it('no script passes when the services are gone', async () => {
    await services.stop();
    const url = ['-e', `URL=http://127.0.0.1:${gateway.port}/`];
    await Promise.all(
      SCRIPTS.map(async (script) => {
        const { code, output } = await run(script, ...url);
        assert.equal(code, CROSSED, `${script}: ${output}`);
      }),
    );
  });
});
