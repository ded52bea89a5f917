/** gRPC of the Go library at both ends: its own interoperability client against its own server, through the gateway. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { reservePort } from '../support/ports.ts';
import { type Found, findGoProgram, Running } from '../support/programs.ts';

const run = promisify(execFile);
const MODULE = 'google.golang.org/grpc/interop';
const VERSION = 'v1.83.2';
/** All of its cases but those for credentials of one cloud. */
const CASES = [
  'empty_unary',
  'large_unary',
  'client_streaming',
  'server_streaming',
  'ping_pong',
  'empty_stream',
  'timeout_on_sleeping_server',
  'cancel_after_begin',
  'cancel_after_first_response',
  'status_code_and_message',
  'special_status_message',
  'custom_metadata',
  'unimplemented_method',
  'unimplemented_service',
  'orca_per_rpc',
  'orca_oob',
  'rpc_soak',
  'channel_soak',
];
const IN_SOAK = process.env['OCTOPUS_SOAK'] !== undefined;
const SOAK = ['--soak_iterations=50', '--soak_overall_timeout_seconds=20', '--soak_max_failures=0'];

let client: Found;
let server: Found;
let service: Running | null = null;
let servicePort = 0;
let gateway: Gateway;

before(async () => {
  if (!IN_SOAK) {
    client = { missing: 'only with OCTOPUS_SOAK=1; grpc.test.ts has the same cases' };
    server = client;
    return;
  }
  client = await findGoProgram('grpc-interop/client', `${MODULE}/client@${VERSION}`);
  server = await findGoProgram('grpc-interop/server', `${MODULE}/server@${VERSION}`);
  if ('missing' in client || 'missing' in server) return;
  const { port, release } = await reservePort();
  servicePort = port;
  release();
  service = new Running(server.path, [`--port=${port}`]);
  await eventually(() => interop('empty_unary', port).then(() => true), 'the service');
  gateway = await startGateway({
    upstreams: [{ name: 'service', endpoints: [`127.0.0.1:${port}`], protocol: 'h2' }],
    routes: [{ path: '/*', upstream: 'service' }],
  });
});

after(async () => {
  await gateway?.stop();
  await service?.stop();
});

/** Cases that a fast server wins now and then (one time in 150, without a gateway, too): the call is over before its end. */
const RACES = ['cancel_after_begin'];

async function interop(name: string, port: number): Promise<void> {
  for (let tries = RACES.includes(name) ? 3 : 1; tries > 0; tries--) {
    try {
      await once(name, port);
      return;
    } catch (error) {
      if (tries === 1) throw error;
    }
  }
}

/** It exits with an error when the case fails. */
async function once(name: string, port: number): Promise<void> {
  if ('missing' in client) throw new Error(client.missing);
  const args = [`--test_case=${name}`, '--server_host=127.0.0.1', `--server_port=${port}`];
  // Reports of load are for one kind of balancer, which has to be asked for.
  const balancer = [
    '--service_config_json={"loadBalancingConfig":[{"test_backend_metrics_load_balancer":{}}]}',
  ];
  const more = name.startsWith('orca') ? balancer : name.endsWith('soak') ? SOAK : [];
  await run(client.path, [...args, ...more], { timeout: 30_000 });
}

describe('gRPC with Go at both ends', () => {
  for (const name of CASES) {
    it(name, async (context) => {
      for (const program of [client, server]) if ('missing' in program) return context.skip(program.missing);
      await interop(name, servicePort);
      await interop(name, gateway.port);
    });
  }

  it('a case that fails is seen', async (context) => {
    if ('missing' in client) return context.skip(client.missing);
    await assert.rejects(interop('empty_unary', 1));
  });
});
