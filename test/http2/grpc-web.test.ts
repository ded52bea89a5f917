/** gRPC-Web byte by byte: what the service sees and what the client gets, over HTTP/1.1 and HTTP/2. */
import assert from 'node:assert/strict';
import http2 from 'node:http2';
import { after, before, beforeEach, describe, it } from 'node:test';
import { Service } from '../plugins/support.ts';
import { eventually, type Gateway, type GatewayConfig, startGateway } from '../support/gateway.ts';
import { Http2Client } from '../support/http2-client.ts';
import { deadPort } from '../support/ports.ts';
import type { RawClient } from '../support/raw-client.ts';
import {
  begin,
  type Call,
  type Frames,
  frame,
  fromText,
  readFrames,
  ScriptedGrpc,
  trailersOnly,
} from '../support/scripted-grpc.ts';
import { withoutUws } from '../support/uws.ts';
import { message } from '../support/wire.ts';

const { NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR } = http2.constants;
const BINARY = 'application/grpc-web+proto';
const TEXT = 'application/grpc-web-text+proto';
const APP = 'https://app.example.com';
const BODY_LIMIT = 200_000;

/** Hooks for every piece of both bodies, which change nothing. */
const WATCHER = `export const plugin = {
  name: 'watcher', version: '1.0.0',
  setup: () => ({
    onRequest({ request, locals }) { locals.set('type', request.headers.get('content-type')); },
    onRequestBody(exchange, chunk) { exchange.locals.set('in', (exchange.locals.get('in') ?? 0) + chunk.length); },
    onUpstreamRequest(exchange, headers) { headers.set('x-upstream-te', headers.get('te') ?? 'none'); },
    onResponse(exchange, response) {
      response.headers.set('x-plugin-saw', exchange.locals.get('type') + ' ' + exchange.locals.get('in') + ' ' + response.headers.get('content-type'));
    },
    onResponseBody: (exchange, chunk) => Buffer.from(chunk),
  }),
};`;

type Version = 'h1' | 'h2';
interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly frames: Frames;
  /** The body has ended in good order. */
  readonly complete: boolean;
}

let service: ScriptedGrpc;
let native: Service;
let gateway: Gateway;
let h1: RawClient;
let h2: Http2Client;

before(async () => {
  service = await new ScriptedGrpc().listen();
  native = await new Service((request, response) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.on('end', () => {
      response.setHeader('content-type', request.headers['content-type'] ?? 'none');
      response.end(Buffer.concat(pieces));
    });
  }).listen();
  const gone = await deadPort();
  gateway = await startGateway(config(`127.0.0.1:${gone}`), {
    workers: 1,
    files: { 'watcher.mjs': WATCHER },
  });
});

function config(gone: string): GatewayConfig {
  const cors = {
    origins: [APP],
    headers: ['content-type', 'x-grpc-web', 'grpc-timeout'],
    expose: ['x-initial'],
  };
  return {
    server: { limits: { body: BODY_LIMIT } },
    routing: { retries: { attempts: 0 } },
    upstreams: [
      { name: 'service', endpoints: [service.address], protocol: 'h2' },
      { name: 'native', endpoints: [native.address] },
      { name: 'gone', endpoints: [gone], protocol: 'h2' },
    ],
    plugins: [{ name: 'watcher', path: './watcher.mjs' }],
    routes: [
      { path: '/t.S/*', upstream: 'service' },
      { path: '/hooks.S/*', upstream: 'service', middleware: ['watcher'] },
      {
        path: '/cors.S/*',
        methods: ['POST'],
        upstream: 'service',
        middleware: [{ name: 'cors', config: cors }],
      },
      {
        path: '/limited.S/*',
        upstream: 'service',
        middleware: [{ name: 'rate-limit', config: { limit: 1, window: '1h' } }],
      },
      { path: '/gone.S/*', upstream: 'gone' },
      { path: '/native.S/*', upstream: 'native' },
      {
        path: '/mixed.S/*',
        split: [
          { upstream: 'native', weight: 1 },
          { upstream: 'service', weight: 0 },
        ],
      },
    ],
  };
}

beforeEach(async () => {
  h1?.destroy();
  h2?.destroy();
  h1 = await gateway.connect();
  h2 = await Http2Client.connect(`http://127.0.0.1:${gateway.port}`);
});

after(async () => {
  h1?.destroy();
  h2?.destroy();
  await gateway?.stop();
  await Promise.all([service?.close(), native?.close()]);
});

const isText = (type = ''): boolean => type.startsWith('application/grpc-web-text');

async function call(
  version: Version,
  path: string,
  type: string,
  request: Buffer | string,
  more: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const plain = Buffer.from(request);
  const body = isText(type) && typeof request !== 'string' ? Buffer.from(plain.toString('base64')) : plain;
  const fields = { 'content-type': type, 'x-grpc-web': '1', ...more };
  if (version === 'h2') {
    const answer = await h2.request({ ':method': 'POST', ':path': path, ...fields }, body);
    return answerOf(answer.status, Object.entries(answer.headers), answer.body, answer.rstCode === 0);
  }
  const lines = Object.entries({ ...fields, 'content-length': body.length }).map(
    ([name, value]) => `${name}: ${value}`,
  );
  h1.write(message(`POST ${path} HTTP/1.1`, 'Host: a', ...lines));
  h1.write(body);
  const answer = await h1.final('POST');
  return answerOf(answer.status, answer.fields, answer.body, answer.complete);
}

function answerOf(
  status: number,
  fields: Iterable<readonly [string, unknown]>,
  body: string,
  complete: boolean,
): Answer {
  const headers = Object.fromEntries([...fields].map(([name, value]) => [name.toLowerCase(), String(value)]));
  const bytes = isText(headers['content-type']) ? fromText(body) : Buffer.from(body, 'latin1');
  const framed = headers['content-type']?.startsWith('application/grpc-web') === true;
  const frames = framed ? readFrames(bytes) : { messages: [], trailers: null, rest: 0 };
  return { status, headers, body, frames, complete };
}

/** What a call has come to, in the words of the client. */
const statusOf = ({ frames }: Answer): string | undefined => frames.trailers?.['grpc-status'];
const echo = (incoming: Call): void => {
  begin(
    incoming,
    { 'grpc-status': '0', 'x-sum': '7', 'x-sum-bin': 'AAo=' },
    { 'x-initial': 'one', trailer: 'grpc-status' },
  );
  incoming.stream.end(incoming.body);
};
const lastCall = (): Call => service.calls.at(-1)!;

describe('gRPC-Web', () => {
  before(() => {
    for (const prefix of ['t', 'hooks', 'cors', 'limited']) service.scripts.set(`/${prefix}.S/Echo`, echo);
  });

  for (const version of ['h1', 'h2'] as const) {
    for (const type of [BINARY, TEXT]) {
      it(`${version}, ${type}: a call as the service sees it, and its answer`, async () => {
        const answer = await call(version, '/t.S/Echo', type, Buffer.concat([frame('hello'), frame('you')]), {
          'x-meta': 'mine',
          'grpc-timeout': '5S',
        });
        const { headers, body } = lastCall();
        assert.deepEqual(
          [headers[':method'], headers['content-type'], headers['te'], headers['x-meta']],
          ['POST', 'application/grpc+proto', 'trailers', 'mine'],
        );
        const stated = version === 'h1' && type === BINARY;
        assert.equal(headers['content-length'], stated ? String(body.length) : undefined);
        assert.match(String(headers['grpc-timeout']), /^[34]\d{3}m$/);
        assert.deepEqual(body, Buffer.concat([frame('hello'), frame('you')]));
        assert.deepEqual([answer.status, answer.headers['content-type']], [200, type]);
        assert.equal(answer.headers['x-initial'], 'one');
        assert.equal(answer.headers['trailer'], undefined);
        assert.deepEqual(answer.frames, {
          messages: ['hello', 'you'],
          trailers: { 'grpc-status': '0', 'x-sum': '7', 'x-sum-bin': 'AAo=' },
          rest: 0,
        });
      });
    }

    it(`${version}: Accept decides on the form of the answer`, async () => {
      const both = await call(version, '/t.S/Echo', BINARY, frame('hello'), { accept: TEXT });
      assert.equal(both.headers['content-type'], TEXT);
      assert.deepEqual(both.frames.messages, ['hello']);
      const other = await call(version, '/t.S/Echo', TEXT, frame('hello'), {
        accept: 'application/grpc-web',
      });
      assert.equal(other.headers['content-type'], BINARY);
      assert.deepEqual(other.frames.messages, ['hello']);
    });

    it(`${version}: a large message in text form`, async () => {
      const large = frame(Buffer.alloc(100_000, 'ab\n'));
      const answer = await call(version, '/t.S/Echo', TEXT, large);
      assert.equal(lastCall().body.length, large.length);
      assert.deepEqual([answer.frames.messages[0]?.length, statusOf(answer)], [100_000, '0']);
    });

    it(`${version}: an answer of trailers only becomes one frame, with its metadata`, async () => {
      service.scripts.set('/t.S/Fail', (incoming) =>
        trailersOnly(incoming, { 'grpc-status': '5', 'grpc-message': 'no such order', 'x-why': 'gone' }),
      );
      for (const type of [BINARY, TEXT]) {
        const answer = await call(version, '/t.S/Fail', type, frame('x'));
        assert.deepEqual([answer.status, answer.headers['content-type']], [200, type]);
        assert.equal(answer.headers['grpc-status'], undefined);
        assert.deepEqual(answer.frames, {
          messages: [],
          trailers: { 'grpc-status': '5', 'grpc-message': 'no such order', 'x-why': 'gone' },
          rest: 0,
        });
      }
    });

    it(`${version}: an answer without any status is none`, async () => {
      service.scripts.set('/t.S/Silent', (incoming) => {
        begin(incoming, null);
        incoming.stream.end(frame('hello'));
      });
      const answer = await call(version, '/t.S/Silent', BINARY, frame('x'));
      assert.deepEqual([answer.frames.messages, statusOf(answer)], [['hello'], '2']);
    });

    it(`${version}: an answer that is not of gRPC passes as it is`, async () => {
      service.scripts.set('/t.S/Page', ({ stream }) => {
        stream.respond({ ':status': 503, 'content-type': 'text/html' });
        stream.end('<p>sorry');
      });
      const answer = await call(version, '/t.S/Page', TEXT, frame('x'));
      assert.deepEqual(
        [answer.status, answer.headers['content-type'], answer.body],
        [503, 'text/html', '<p>sorry'],
      );
    });

    it(`${version}: a service that dies between two messages has a status`, async () => {
      service.scripts.set('/t.S/Die', (incoming) => {
        begin(incoming, {});
        incoming.stream.write(frame('hello'), () => incoming.stream.close(NGHTTP2_INTERNAL_ERROR));
      });
      for (const type of [BINARY, TEXT]) {
        const answer = await call(version, '/t.S/Die', type, frame('x'));
        assert.deepEqual([answer.frames.messages, answer.complete], [['hello'], true]);
        assert.deepEqual(answer.frames.trailers, {
          'grpc-status': '13',
          'grpc-message': 'Endpoint closed the connection',
        });
      }
    });

    it(`${version}: a service that dies has a status behind body hooks, too`, async () => {
      service.scripts.set('/hooks.S/Die', service.scripts.get('/t.S/Die')!);
      const answer = await call(version, '/hooks.S/Die', TEXT, frame('x'));
      assert.deepEqual([answer.frames.messages, statusOf(answer), answer.complete], [['hello'], '13', true]);
    });

    it(`${version}: a service that dies in the middle of a message cuts the answer`, async () => {
      service.scripts.set('/t.S/Cut', (incoming) => {
        begin(incoming, {});
        const bytes = Buffer.concat([frame('hello'), frame('world').subarray(0, 8)]);
        incoming.stream.write(bytes, () => incoming.stream.close(NGHTTP2_INTERNAL_ERROR));
      });
      const answer = await call(version, '/t.S/Cut', BINARY, frame('x'));
      assert.deepEqual(answer.frames, { messages: ['hello'], trailers: null, rest: 8 });
      assert.equal(answer.complete, false);
    });

    it(`${version}: deadlines, before and behind the head`, async () => {
      service.scripts.set('/t.S/Begun', (incoming) => {
        begin(incoming, {});
        incoming.stream.write(frame('hello'));
      });
      const never = await call(version, '/t.S/Never', TEXT, frame('x'), { 'grpc-timeout': '150m' });
      assert.deepEqual([never.status, statusOf(never), never.headers['content-type']], [200, '4', TEXT]);
      const begun = await call(version, '/t.S/Begun', TEXT, frame('x'), { 'grpc-timeout': '1S' });
      assert.deepEqual([begun.frames.messages, statusOf(begun)], [['hello'], '4']);
    });

    it(`${version}: errors of the gateway and of plugins are answers of gRPC-Web`, async () => {
      for (const type of [BINARY, TEXT]) {
        const lost = await call(version, '/nowhere.S/Echo', type, frame('x'));
        assert.deepEqual([lost.status, lost.headers['content-type']], [200, type]);
        assert.deepEqual(lost.frames.trailers, { 'grpc-status': '12', 'grpc-message': 'No route' });
      }
      assert.equal(statusOf(await call(version, '/gone.S/Echo', BINARY, frame('x'))), '14');
      await call(version, '/limited.S/Echo', BINARY, frame('x'));
      const limited = await call(version, '/limited.S/Echo', TEXT, frame('x'));
      assert.deepEqual([limited.status, statusOf(limited)], [200, '8']);
      assert.ok(limited.headers['retry-after'] !== undefined);
    });

    it(`${version}: what is no base64 is refused, and the service hears no end of it`, async () => {
      const calls = service.calls.length;
      for (const body of ['AAAA*AAA', 'AAAAAAU', 'AAAA\n']) {
        const answer = await call(version, '/t.S/Echo', TEXT, body);
        assert.deepEqual([answer.status, statusOf(answer)], [200, '13'], body);
        assert.match(answer.frames.trailers!['grpc-message']!, /^Malformed gRPC-Web body/);
        if (version === 'h1') {
          h1.destroy();
          h1 = await gateway.connect();
        }
      }
      assert.equal(service.calls.length, calls);
    });

    it(`${version}: body hooks see gRPC, and trailers get past them`, async () => {
      const answer = await call(version, '/hooks.S/Echo', TEXT, frame('hello'));
      assert.equal(answer.headers['x-plugin-saw'], 'application/grpc+proto 10 application/grpc');
      assert.equal(answer.headers['content-type'], TEXT);
      assert.deepEqual(answer.frames.messages, ['hello']);
      assert.equal(answer.frames.trailers?.['x-sum'], '7');
      service.scripts.set('/hooks.S/Fail', (incoming) => trailersOnly(incoming, { 'grpc-status': '5' }));
      assert.equal(statusOf(await call(version, '/hooks.S/Fail', BINARY, frame('x'))), '5');
    });

    it(`${version}: who gets gRPC-Web untouched`, async () => {
      for (const path of ['/native.S/Echo', '/mixed.S/Echo']) {
        const answer = await call(version, path, TEXT, frame('hello'));
        assert.equal(answer.headers['content-type'], TEXT);
        assert.equal(answer.body, frame('hello').toString('base64'));
        assert.equal(native.seen.at(-1)?.headers['te'], undefined);
      }
    });
  }

  it('text is decoded wherever it is split and padded', async () => {
    const parts = [frame('a'), frame('bc'), frame(''), frame('def')];
    const text = parts.map((part) => part.toString('base64')).join('');
    h1.write(
      message('POST /t.S/Echo HTTP/1.1', 'Host: a', `Content-Type: ${TEXT}`, 'Transfer-Encoding: chunked'),
    );
    for (const char of text) h1.write(`1\r\n${char}\r\n`);
    h1.write('0\r\n\r\n');
    const answer = await h1.final('POST');
    assert.deepEqual(readFrames(fromText(answer.body)).messages, ['a', 'bc', '', 'def']);
    assert.deepEqual(lastCall().body, Buffer.concat(parts));
  });

  it('bodies are limited by what comes in', async () => {
    const answer = await call('h2', '/t.S/Echo', TEXT, frame(Buffer.alloc(BODY_LIMIT * 0.9)));
    assert.equal(statusOf(answer), '8');
    assert.equal(statusOf(await call('h2', '/t.S/Echo', BINARY, frame(Buffer.alloc(BODY_LIMIT * 0.9)))), '0');
  });

  it('a length beyond the limit is refused in a way that scripts can read', async () => {
    const large = frame(Buffer.alloc(BODY_LIMIT));
    for (const version of ['h1', 'h2'] as const) {
      const fields = { origin: APP, ...(version === 'h2' ? { 'content-length': String(large.length) } : {}) };
      const calls = service.calls.length;
      const answer = await call(version, '/cors.S/Echo', BINARY, large, fields);
      assert.deepEqual([answer.status, statusOf(answer)], [200, '8']);
      assert.equal(answer.headers['access-control-allow-origin'], APP);
      assert.equal(service.calls.length, calls);
    }
  });

  it('messages of a stream in text form come whole, each at its time', async () => {
    let stream: http2.ServerHttp2Stream | null = null;
    service.scripts.set('/t.S/Watch', (incoming) => {
      begin(incoming, { 'grpc-status': '0' });
      stream = incoming.stream;
      // What the gateway sends before the first message is the head.
      stream.write(frame('0'));
    });
    h1.write(message('POST /t.S/Watch HTTP/1.1', 'Host: a', `Content-Type: ${TEXT}`, 'Content-Length: 8'));
    h1.write(frame('').toString('base64'));
    const gotten = (): Frames => {
      const body = h1.received.slice(h1.received.indexOf('\r\n\r\n') + 4);
      return readFrames(fromText(body.replace(/[0-9a-f]+\r\n([^\r]*)\r\n/g, '$1')));
    };
    for (let count = 1; count <= 4; count++) {
      const { messages } = await h1.until(
        () => (gotten().messages.length === count ? gotten() : null),
        'a message',
      );
      assert.equal(messages.at(-1), 'x'.repeat(count - 1) || '0');
      if (count < 4) stream!.write(frame('x'.repeat(count)));
    }
    stream!.end();
    const answer = await h1.final('POST');
    assert.equal(readFrames(fromText(answer.body)).trailers?.['grpc-status'], '0');
  });

  it('a client that goes away cancels the call, on both protocols', async () => {
    service.scripts.set('/t.S/Wait', (incoming) => {
      begin(incoming, {});
      incoming.stream.write(frame('hello'));
    });
    const cancelled = async (): Promise<void> => {
      await eventually(async () => service.resets.includes(NGHTTP2_CANCEL), 'the service to hear of it');
      service.resets.length = 0;
    };
    service.resets.length = 0;
    h1.write(message('POST /t.S/Wait HTTP/1.1', 'Host: a', `Content-Type: ${BINARY}`, 'Content-Length: 5'));
    h1.write(frame(''));
    await h1.until(() => (h1.received.includes('hello') ? true : null), 'the first message');
    h1.destroy();
    await cancelled();
    const stream = h2.stream({ ':method': 'POST', ':path': '/t.S/Wait', 'content-type': BINARY });
    stream.end(frame(''));
    await new Promise((resolve) => stream.once('data', resolve));
    stream.close(NGHTTP2_CANCEL);
    await cancelled();
  });

  it('a client that does not read holds up the service', async () => {
    const piece = frame(Buffer.alloc(64 * 1024, 'x'));
    let sent = 0;
    let more = true;
    const PIECES = 800;
    service.scripts.set('/t.S/Flood', (incoming) => {
      begin(incoming, { 'grpc-status': '0' });
      const { stream } = incoming;
      const pump = (): void => {
        while (sent < PIECES && stream.write(piece)) sent++;
        if (sent < PIECES) stream.once('drain', pump);
        else stream.end();
        sent++;
        more = true;
      };
      pump();
    });
    h1.socket.pause();
    h1.write(message('POST /t.S/Flood HTTP/1.1', 'Host: a', `Content-Type: ${TEXT}`, 'Content-Length: 8'));
    h1.write(frame('').toString('base64'));
    await eventually(async () => {
      more = false;
      await new Promise((resolve) => setTimeout(resolve, 300));
      return sent > 0 && !more;
    }, 'the service to stop');
    assert.ok(sent < PIECES / 2, `${sent} pieces were sent`);
    let bytes = 0;
    h1.socket.removeAllListeners('data');
    h1.socket.on('data', (chunk: Buffer) => (bytes += chunk.length));
    h1.socket.resume();
    await eventually(async () => bytes > PIECES * 64 * 1024 * 1.3, 'all of it', 20_000);
  });

  it('CORS: a preflight, and answers that a script may read', async () => {
    const preflight = await h1.request(
      message(
        'OPTIONS /cors.S/Echo HTTP/1.1',
        'Host: a',
        `Origin: ${APP}`,
        'Access-Control-Request-Method: POST',
        'Access-Control-Request-Headers: content-type,grpc-timeout,x-grpc-web',
      ),
    );
    const allowed = Object.fromEntries(preflight.fields.map(([name, value]) => [name.toLowerCase(), value]));
    assert.deepEqual([preflight.status, allowed['access-control-allow-origin']], [204, APP]);
    assert.equal(allowed['access-control-allow-headers'], 'content-type, x-grpc-web, grpc-timeout');
    const answer = await call('h1', '/cors.S/Echo', TEXT, frame('hello'), { origin: APP });
    assert.equal(answer.headers['access-control-allow-origin'], APP);
    assert.equal(answer.headers['access-control-expose-headers'], 'x-initial');
    service.scripts.set('/cors.S/Fail', (incoming) => trailersOnly(incoming, { 'grpc-status': '5' }));
    const failed = await call('h1', '/cors.S/Fail', BINARY, frame('x'), { origin: APP });
    assert.equal(failed.headers['access-control-allow-origin'], APP);
    assert.deepEqual(failed.frames.trailers, { 'grpc-status': '5' });
  });

  it('body hooks leave the trailers of gRPC itself, too', async () => {
    const fields = {
      ':method': 'POST',
      ':path': '/hooks.S/Echo',
      'content-type': 'application/grpc',
      te: 'trailers',
    };
    const answer = await h2.request(fields, frame('hello'));
    assert.deepEqual([answer.trailers?.['grpc-status'], answer.trailers?.['x-sum']], ['0', '7']);
  });

  it('the next request of a connection has nothing of the last one', async () => {
    await call('h1', '/t.S/Echo', TEXT, frame('hello'));
    await call('h1', '/native.S/Echo', TEXT, frame('hello'));
    const { headers } = native.seen.at(-1)!;
    assert.deepEqual([headers['te'], headers['content-type']], [undefined, TEXT]);
    await call('h1', '/t.S/Echo', TEXT, frame('again'));
    assert.deepEqual([lastCall().headers['te'], lastCall().body], ['trailers', frame('again')]);
  });
});

describe('gRPC-Web on the engine uws', { skip: withoutUws() }, () => {
  it('is the same', async () => {
    const gone = await deadPort();
    const other = await startGateway(
      { ...config(`127.0.0.1:${gone}`), server: { engine: 'uws', limits: { body: BODY_LIMIT } } },
      { workers: 1, files: { 'watcher.mjs': WATCHER } },
    );
    const before = h1;
    try {
      h1 = await other.connect();
      for (const type of [BINARY, TEXT]) {
        const answer = await call('h1', '/t.S/Echo', type, frame('hello'));
        assert.deepEqual([answer.frames.messages, statusOf(answer)], [['hello'], '0']);
        assert.equal(answer.headers['content-type'], type);
        assert.equal(statusOf(await call('h1', '/t.S/Fail', type, frame('x'))), '5');
        assert.equal(statusOf(await call('h1', '/nowhere', type, frame('x'))), '12');
        assert.equal(statusOf(await call('h1', '/t.S/Echo', type, frame(Buffer.alloc(BODY_LIMIT)))), '8');
        h1.destroy();
        h1 = await other.connect();
        const died = await call('h1', '/t.S/Die', type, frame('x'));
        assert.deepEqual([died.frames.messages, statusOf(died)], [['hello'], '13']);
      }
    } finally {
      h1.destroy();
      h1 = before;
      await other.stop();
    }
  });
});
