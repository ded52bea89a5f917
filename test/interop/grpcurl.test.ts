/** grpcurl, a client that knows only what a server or a file tells it: the same directly and through the gateway. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { Authority } from '../support/certificates.ts';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { GrpcShop, PROTO_FILE, PROTO_FOLDER } from '../support/grpc-shop.ts';
import { findGoProgram } from '../support/programs.ts';

const authority = await Authority.create();
const program = await findGoProgram('grpcurl', 'github.com/fullstorydev/grpcurl/cmd/grpcurl@latest');
const skip = 'missing' in program && program.missing;

const FROM_FILE = ['-import-path', PROTO_FOLDER, '-proto', PROTO_FILE];
const SERVICE = 'shop.v1.Shop';
/** Its messages from the file, so that only the call goes over the connection. */
const call = (method: string, ...messages: object[]): Command => ({
  flags: [...FROM_FILE, '-d', '@'],
  symbols: [`${SERVICE}/${method}`],
  input: messages.map((message) => JSON.stringify(message)).join('\n'),
});

interface Command {
  readonly flags?: readonly string[];
  /** What stands after the address. */
  readonly symbols: readonly string[];
  readonly input?: string;
}

interface Result {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

const CASES: readonly [what: string, command: Command, expected: RegExp][] = [
  ['a unary call', call('Price', { name: 'tea', count: 3 }), /"cents": "750"/],
  [
    'a unary call with metadata',
    {
      ...call('Price', { name: 'tea', count: 1 }),
      flags: [...FROM_FILE, '-H', 'x-customer: 7', '-H', 'authorization: Bearer t', '-d', '@'],
    },
    /"notes": \[\s+"7",\s+"Bearer t"\s+\]/,
  ],
  ['a server stream', call('Pieces', { name: 'tea', count: 50 }), /"name": "tea 50"/],
  ['an empty server stream', call('Pieces', { name: 'tea' }), /^$/],
  [
    'a client stream',
    call('Total', { name: 'tea', count: 1 }, { name: 'milk', count: 2 }),
    /"name": "tea,milk",\n\s+"cents": "750"/,
  ],
  [
    'a stream in both directions',
    call('Bargain', { name: 'tea', count: 1 }, { name: 'milk', count: 2 }),
    /"tea"[\s\S]*"milk"/,
  ],
  [
    'an error with its details',
    call('Price', { name: 'tea' }),
    /Code: NotFound\n\s+Message: no tea left — „ausverkauft“/,
  ],
  [
    'a method that nobody has',
    { ...call('Price', {}), symbols: ['shop.v1.Shop/Steal'] },
    /does not include a method/,
  ],
  ['the list of services', { symbols: ['list'] }, /^shop.v1.Shop\n$/],
  [
    'the list of methods',
    { symbols: ['list', SERVICE] },
    /^shop.v1.Shop.Bargain\n[\s\S]*shop.v1.Shop.Wait\n$/,
  ],
  [
    'a service described',
    { symbols: ['describe', SERVICE] },
    /rpc Pieces \( .shop.v1.Item \) returns \( stream/,
  ],
  ['a message described', { flags: ['-msg-template'], symbols: ['describe', 'shop.v1.Item'] }, /"count": 0/],
  [
    'a call with what reflection says of it',
    { flags: ['-d', '{"name":"tea","count":2}'], symbols: [`${SERVICE}/Price`] },
    /"cents": "500"/,
  ],
];

describe('grpcurl', { skip }, () => {
  let shop: GrpcShop;
  let gateway: Gateway;

  const run = (target: readonly string[], { flags = [], symbols, input = '' }: Command): Promise<Result> =>
    new Promise((resolve) => {
      const { path: file } = program as { path: string };
      const child = execFile(
        file,
        ['-max-time', '20', ...flags, ...target, ...symbols],
        (error, output, errors) => resolve({ code: Number(error?.code ?? 0), output, errors }),
      );
      child.stdin!.on('error', () => {});
      child.stdin!.end(input);
    });
  const direct = (command: Command) => run(['-plaintext', shop.address], command);
  const plain = (command: Command) => run(['-plaintext', `127.0.0.1:${gateway.port}`], command);
  const secure = (command: Command) =>
    run(['-cacert', path.join(gateway.folder, 'ca.pem'), `localhost:${gateway.tlsPort}`], command);

  before(async () => {
    shop = await new GrpcShop().start();
    const pem = authority?.issue('localhost', { names: 'DNS:localhost,IP:127.0.0.1' });
    gateway = await startGateway(
      {
        ...(pem === undefined ? {} : { tls: { enabled: true, cert: 'cert.pem', key: 'key.pem' } }),
        upstreams: [{ name: 'shop', protocol: 'h2', endpoints: [shop.address] }],
        routes: [
          { path: '/shop.v1.Shop/*', upstream: 'shop' },
          { path: '/grpc.reflection.v1.ServerReflection/*', upstream: 'shop' },
          { path: '/grpc.reflection.v1alpha.ServerReflection/*', upstream: 'shop' },
        ],
      },
      {
        workers: 1,
        files: { 'ca.pem': authority?.cert ?? '', 'cert.pem': pem?.cert ?? '', 'key.pem': pem?.key ?? '' },
      },
    );
  });
  after(async () => {
    await gateway?.stop();
    shop?.stop();
  });

  for (const [what, command, expected] of CASES) {
    it(`${what} is the same through the gateway, plain and over TLS`, async () => {
      const ways = [direct(command), plain(command), ...(authority === null ? [] : [secure(command)])];
      const [reference, ...others] = await Promise.all(ways);
      assert.match(reference!.output + reference!.errors, expected);
      for (const result of others) assert.deepEqual(result, reference);
    });
  }

  it('trailers arrive', async () => {
    const verbose = { ...call('Price', { name: 'tea', count: 1 }), flags: ['-v', ...FROM_FILE, '-d', '@'] };
    const { output } = await plain(verbose);
    assert.match(output, /Response trailers received:\nx-asked-for: tea\n/);
  });

  it('what reflection says can be kept in a file and used in its place', async () => {
    const file = path.join(gateway.folder, 'shop.protoset');
    await plain({ flags: ['-protoset-out', file], symbols: ['describe', SERVICE] });
    const flags = ['-protoset', file, '-d', '{"name":"tea","count":4}'];
    const { output } = await plain({ flags, symbols: [`${SERVICE}/Price`] });
    assert.match(output, /"cents": "1000"/);
  });

  it('a deadline ends the call everywhere', async () => {
    const before = shop.givenUp;
    const { flags, ...rest } = call('Wait', {});
    const result = await run(['-plaintext', `127.0.0.1:${gateway.port}`], {
      ...rest,
      flags: [...flags!, '-max-time', '2'],
    });
    assert.match(result.errors, /DeadlineExceeded/);
    await eventually(async () => shop.givenUp === before + 1, 'the service to be told');
  });

  it('a service without a route is unimplemented, a server that is gone unavailable', async () => {
    const orders =
      'syntax = "proto3"; package orders.v1; message A {} service Orders { rpc Get(A) returns (A); }';
    writeFileSync(path.join(gateway.folder, 'orders.proto'), orders);
    const flags = ['-import-path', gateway.folder, '-proto', 'orders.proto'];
    const unrouted = await plain({ flags, symbols: ['orders.v1.Orders/Get'] });
    assert.match(unrouted.errors, /Code: Unimplemented/);
    shop.stop();
    assert.match((await plain(call('Price', { name: 'tea', count: 1 }))).errors, /Code: Unavailable/);
  });
});
