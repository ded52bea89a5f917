/** gRPC-Web by clients that people use: Connect in Node, and grpc-web in Chromium from another origin. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import http from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { create, createFileRegistry } from '@bufbuild/protobuf';
import type { GenService } from '@bufbuild/protobuf/codegenv2';
import {
  FileDescriptorProtoSchema,
  file_google_protobuf_wrappers,
  type StringValueSchema,
} from '@bufbuild/protobuf/wkt';
import { type Client, Code, ConnectError, createClient } from '@connectrpc/connect';
import { createGrpcWebTransport } from '@connectrpc/connect-web';
import { Agent, fetch as fetchWithAgent } from 'undici';
import { Authority } from '../support/certificates.ts';
import { CHROMIUM_FLAGS } from '../support/chromium.ts';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { findProgram, Running } from '../support/programs.ts';
import { WordsService } from '../support/words-service.ts';

const PATIENCE = 60_000;

type Text = typeof StringValueSchema;
type Words = GenService<{
  say: { methodKind: 'unary'; input: Text; output: Text };
  fail: { methodKind: 'unary'; input: Text; output: Text };
  sleep: { methodKind: 'unary'; input: Text; output: Text };
  count: { methodKind: 'server_streaming'; input: Text; output: Text };
  watch: { methodKind: 'server_streaming'; input: Text; output: Text };
}>;

const TYPE = '.google.protobuf.StringValue';
const FILE = create(FileDescriptorProtoSchema, {
  name: 'words.proto',
  package: 'test.v1',
  syntax: 'proto3',
  dependency: ['google/protobuf/wrappers.proto'],
  service: [
    {
      name: 'Words',
      method: ['Say', 'Fail', 'Sleep', 'Count', 'Watch'].map((name) => ({
        name,
        inputType: TYPE,
        outputType: TYPE,
        serverStreaming: name === 'Count' || name === 'Watch',
      })),
    },
  ],
});
const WORDS = createFileRegistry(FILE, () => file_google_protobuf_wrappers).getService(
  'test.v1.Words',
) as Words;

const certificate = (await Authority.create())?.issue('localhost', { names: 'DNS:localhost,IP:127.0.0.1' });

let service: WordsService;
let gateway: Gateway;
let page: http.Server;
let results: unknown = null;

before(async () => {
  service = await new WordsService().start();
  page = http.createServer(servePage);
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve));
  const cors = { origins: [pageOrigin()], expose: ['x-initial'] };
  gateway = await startGateway(
    {
      ...(certificate === undefined ? {} : { tls: { enabled: true, cert: 'cert.pem', key: 'key.pem' } }),
      upstreams: [{ name: 'words', endpoints: [`127.0.0.1:${service.port}`], protocol: 'h2' }],
      routes: [
        {
          path: '/limited/*',
          upstream: 'words',
          middleware: [
            { name: 'cors', config: cors },
            { name: 'ip-filter', config: { deny: ['127.0.0.1'] } },
          ],
        },
        { path: '/*', upstream: 'words', middleware: [{ name: 'cors', config: cors }] },
      ],
    },
    {
      workers: 1,
      files: certificate === undefined ? {} : { 'cert.pem': certificate.cert, 'key.pem': certificate.key },
    },
  );
});

after(async () => {
  await gateway?.stop();
  service?.stop();
  page?.closeAllConnections();
  page?.close();
});

const pageOrigin = (): string => `http://127.0.0.1:${(page.address() as AddressInfo).port}`;

for (const version of ['1.1', '2.0'] as const) {
  const skip = version === '2.0' && certificate === undefined ? 'openssl is not installed' : false;
  describe(`gRPC-Web by Connect over HTTP/${version}`, { skip }, () => {
    let client: Client<Words>;
    let agent: Agent;

    before(() => {
      agent = new Agent({ allowH2: version === '2.0', connect: { rejectUnauthorized: false } });
      const baseUrl =
        version === '1.1' ? `http://127.0.0.1:${gateway.port}` : `https://127.0.0.1:${gateway.tlsPort}`;
      const fetch = (url: string, init: object) => fetchWithAgent(url, { ...init, dispatcher: agent });
      client = createClient(
        WORDS,
        createGrpcWebTransport({ baseUrl, fetch: fetch as unknown as typeof globalThis.fetch }),
      );
    });

    after(() => agent.destroy());

    const failure = async (call: Promise<unknown>): Promise<ConnectError> => {
      const error = await call.then(() => null, ConnectError.from);
      assert.ok(error !== null, 'the call did not fail');
      return error;
    };

    it('unary, with metadata both ways', async () => {
      let initial: string | null = null;
      let trailers = new Headers();
      const answer = await client.say(
        { value: 'grüße' },
        {
          headers: { 'x-mine': 'me' },
          onHeader: (headers) => (initial = headers.get('x-initial')),
          onTrailer: (fields) => (trailers = fields),
        },
      );
      assert.deepEqual([answer.value, initial, trailers.get('x-yours')], ['grüße', 'one', 'me']);
      assert.deepEqual([trailers.get('x-version'), trailers.get('x-raw-bin')], [version, 'AP8K']);
    });

    it('errors of the service, with message and metadata', async () => {
      const error = await failure(client.fail({ value: '9' }));
      assert.deepEqual([error.code, error.rawMessage], [Code.FailedPrecondition, 'was: größer ☺']);
      assert.equal(error.metadata.get('x-why'), 'because');
    });

    it('a stream of messages, and its trailers', async () => {
      const got: string[] = [];
      let trailers = new Headers();
      for await (const { value } of client.count(
        { value: '300' },
        { onTrailer: (fields) => (trailers = fields) },
      ))
        got.push(value);
      assert.deepEqual(
        got,
        Array.from({ length: 300 }, (_, i) => String(i + 1)),
      );
      assert.equal(trailers.get('x-counted'), '300');
    });

    it('deadlines', async () => {
      const before = service.cancelled;
      const error = await failure(client.sleep({ value: 'x' }, { timeoutMs: 600 }));
      assert.equal(error.code, Code.DeadlineExceeded);
      // The gateway keeps a deadline that the client does not.
      const kept = await failure(client.sleep({ value: 'x' }, { headers: { 'grpc-timeout': '600m' } }));
      assert.equal(kept.code, Code.DeadlineExceeded);
      await eventually(async () => service.cancelled >= before + 2, 'the service to hear of both');
    });

    it('a stream that is cancelled while it is silent', async () => {
      const before = service.cancelled;
      const abort = new AbortController();
      const got: string[] = [];
      const reading = async (): Promise<void> => {
        for await (const { value } of client.watch({ value: 'x' }, { signal: abort.signal })) {
          got.push(value);
          abort.abort();
        }
      };
      assert.equal((await failure(reading())).code, Code.Canceled);
      assert.deepEqual(got, ['first']);
      await eventually(async () => service.cancelled > before, 'the service to hear of it');
    });
  });
}

/** What a script of another origin gets to see, for both forms and both protocols. */
const SCRIPT = `
const { GrpcWebClientBase, MethodDescriptor, MethodType } = module.exports;
const encode = (text) => { const bytes = new TextEncoder().encode(text); return new Uint8Array([10, bytes.length, ...bytes]); };
const decode = (bytes) => new TextDecoder().decode(bytes.slice(2));
const describe = (name, type) => new MethodDescriptor('/test.v1.Words/' + name, type, Object, Object, encode, decode);
const run = (base, format, name, request, metadata = {}) => new Promise((resolve) => {
  setTimeout(() => resolve('nothing came'), 10_000);
  const client = new GrpcWebClientBase({ format });
  const got = { messages: [] };
  const url = base + '/test.v1.Words/' + name;
  const streaming = name === 'Count' || name === 'Watch';
  const done = () => setTimeout(() => resolve(got), 0);
  const onError = ({ code, message, metadata }) => { Object.assign(got, { code, message, why: metadata['x-why'] }); done(); };
  const onStatus = ({ code, metadata }) => { got.status = code; got.version = metadata?.['x-version']; got.counted = metadata?.['x-counted']; };
  const onMetadata = (metadata) => { got.initial = metadata['x-initial']; };
  if (streaming) {
    const stream = client.serverStreaming(url, request, metadata, describe(name, MethodType.SERVER_STREAMING));
    stream.on('data', (message) => { got.messages.push(message); if (name === 'Watch') { stream.cancel(); done(); } });
    stream.on('error', onError).on('status', onStatus).on('metadata', onMetadata).on('end', done);
  } else {
    const call = client.rpcCall(url, request, metadata, describe(name, MethodType.UNARY), (error, message) => {
      if (error) return onError(error);
      got.messages.push(message);
      done();
    });
    call.on('status', onStatus).on('metadata', onMetadata);
  }
});
(async () => {
  const all = {};
  for (const [version, base] of BASES) for (const format of ['text', 'binary']) {
    const one = (...call) => run(base, format, ...call);
    all[version + ' ' + format] = {
      say: await one('Say', 'grüße', { 'x-mine': 'me' }),
      fail: await one('Fail', '9'),
      count: await one('Count', '5'),
      sleep: (await one('Sleep', 'x', { deadline: String(Date.now() + 500) })).code,
      kept: (await one('Sleep', 'x', { 'grpc-timeout': '200m' })).code,
      denied: await run(base + '/limited', format, 'Say', 'x'),
      ...(format === 'text' ? { watch: await one('Watch', 'x') } : {}),
    };
  }
  await fetch('/report', { method: 'POST', body: JSON.stringify(all) });
})().catch((error) => fetch('/report', { method: 'POST', body: JSON.stringify({ error: String(error) }) }));
`;

function servePage(request: http.IncomingMessage, response: http.ServerResponse): void {
  if (request.url === '/report') {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      results = JSON.parse(Buffer.concat(pieces).toString());
      response.end();
    });
  } else if (request.url === '/') {
    const library = readFileSync(createRequire(import.meta.url).resolve('grpc-web'), 'utf8');
    const bases = [
      ['1.1', `http://127.0.0.1:${gateway.port}`],
      ...(certificate === undefined ? [] : [['2.0', `https://127.0.0.1:${gateway.tlsPort}`]]),
    ];
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(
      `<!doctype html><title>test</title><script>const module={exports:{}};((exports)=>{${library}
})(module.exports)</script>` + `<script>const BASES = ${JSON.stringify(bases)};${SCRIPT}</script>`,
    );
  } else {
    response.writeHead(404).end();
  }
}

describe('gRPC-Web by grpc-web in Chromium', () => {
  it('from another origin, in both forms, over both protocols', async (context) => {
    const chromium = await findProgram('chromium');
    if ('missing' in chromium) return context.skip(chromium.missing);
    const before = service.cancelled;
    const folder = mkdtempSync(path.join(os.tmpdir(), 'octopus-chromium-'));
    const flags = [...CHROMIUM_FLAGS, '--ignore-certificate-errors', `--user-data-dir=${folder}`];
    const browser = new Running(chromium.path, [...flags, `${pageOrigin()}/`]);
    try {
      const all = (await eventually(async () => results, 'the report of the page', PATIENCE)) as Record<
        string,
        unknown
      >;
      const versions = certificate === undefined ? ['1.1'] : ['1.1', '2.0'];
      assert.deepEqual(
        Object.keys(all),
        versions.flatMap((version) => [`${version} text`, `${version} binary`]),
      );
      for (const [name, got] of Object.entries(all)) {
        const [version, form] = name.split(' ');
        assert.deepEqual(got, expected(version!, form!), name);
      }
      await eventually(async () => service.cancelled > before, 'the service to hear of cancelled streams');
    } finally {
      await browser.stop('SIGTERM');
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    }
  });
});

function expected(version: string, form: string): unknown {
  return {
    say: { messages: ['grüße'], initial: 'one', status: 0, version },
    fail: { messages: [], code: 9, message: 'was: größer ☺', why: 'because', status: 9 },
    count: { messages: ['1', '2', '3', '4', '5'], status: 0, counted: '5' },
    // Client, gateway and service are after the same deadline; any of them may be first.
    sleep: 4,
    kept: 4,
    denied: { messages: [], code: 7, message: 'Forbidden', status: 7 },
    ...(form === 'text' ? { watch: { messages: ['first'] } } : {}),
  };
}
