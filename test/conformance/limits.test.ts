/** Rules A13 and C18: how much and how slowly a client may send. */
import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { it } from '../support/engine-under-test.ts';
import { okResponse } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';
import { relay } from '../support/relay.ts';
import { message, valuesOf, type WireResponse } from '../support/wire.ts';

const HEADER_TIMEOUT = 1_000;
const BODY_IDLE_TIMEOUT = 1_000;
const KEEP_ALIVE_TIMEOUT = 1_500;

const gateway = relay({
  responder: (request) =>
    okResponse(`${request.fields.length} ${request.target.length} ${request.body.length}`),
  config: (origin) => ({
    server: {
      limits: {
        request_line: '9KB',
        header_bytes: '20KB',
        header_count: 60,
        body: '10KB',
        header_timeout: `${HEADER_TIMEOUT}ms`,
        body_idle_timeout: `${BODY_IDLE_TIMEOUT}ms`,
        keep_alive_timeout: `${KEEP_ALIVE_TIMEOUT}ms`,
      },
    },
    routing: { retries: 0 },
    upstreams: [{ name: 'origin', endpoints: [origin] }],
    routes: [{ path: '/*', upstream: 'origin' }],
  }),
});

/** The response, and that the gateway closes after it when it refuses. */
async function answerTo(bytes: string): Promise<WireResponse> {
  const client = await RawClient.connect(gateway.gateway.port);
  try {
    client.write(bytes);
    const response = await client.final('POST');
    if (response.status >= 400) {
      assert.deepEqual(valuesOf(response.fields, 'connection'), ['close']);
      await client.closed();
      assert.equal(client.received, '');
    }
    return response;
  } finally {
    client.destroy();
  }
}

async function refused(bytes: string, status: number, code: string): Promise<void> {
  const response = await answerTo(bytes);
  assert.equal(response.status, status, response.body);
  assert.equal((JSON.parse(response.body) as { code: string }).code, code);
}

const fields = (count: number): string[] => Array.from({ length: count }, (_, index) => `X-${index}: y`);

describe('A13 sizes', () => {
  it('A13 a request line of 8000 octets works', async () => {
    const target = `/${'a'.repeat(8000 - 'GET / HTTP/1.1'.length)}`;
    const response = await answerTo(message(`GET ${target} HTTP/1.1`, 'Host: a'));
    assert.equal(response.status, 200);
  });

  it('A13 a longer request line than the limit: 414', () =>
    refused(message(`GET /${'a'.repeat(9 * 1024)} HTTP/1.1`, 'Host: a'), 414, 'uri_too_long'));

  it('A13 a request line without an end: 414', () =>
    refused(`GET /${'a'.repeat(30_000)}`, 414, 'uri_too_long'));

  it('A13 a method without an end: 414, 400 or 501', async () => {
    const response = await answerTo('A'.repeat(30_000));
    assert.ok([400, 414, 501].includes(response.status), String(response.status));
  });

  it('A13 as many fields as the limit work, one more: 431', async () => {
    assert.equal((await answerTo(message('GET / HTTP/1.1', 'Host: a', ...fields(59)))).status, 200);
    await refused(message('GET / HTTP/1.1', 'Host: a', ...fields(60)), 431, 'headers_too_large');
  });

  it('A13 a head near the limit of bytes works, a larger one: 431 [CVE-2019-15226]', async () => {
    assert.equal(
      (await answerTo(message('GET / HTTP/1.1', 'Host: a', `X: ${'y'.repeat(19_000)}`))).status,
      200,
    );
    await refused(message('GET / HTTP/1.1', 'Host: a', `X: ${'y'.repeat(21_000)}`), 431, 'headers_too_large');
  });

  it('A13 a field without an end: 431', () =>
    refused(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'y'.repeat(50_000)}`, 431, 'headers_too_large'));

  it('A13 fields without an end: 431', () =>
    refused(`GET / HTTP/1.1\r\nHost: a\r\n${'X: y\r\n'.repeat(20_000)}`, 431, 'headers_too_large'));

  it('A13 empty lines without an end are no way to keep a connection', async () => {
    const client = await RawClient.connect(gateway.gateway.port);
    client.write('\r\n'.repeat(200_000));
    await client.closed();
    client.destroy();
  });

  it('A13 a body as large as the limit works, a larger one: 413 (Content-Length)', async () => {
    const post = (length: number) =>
      message('POST / HTTP/1.1', 'Host: a', `Content-Length: ${length}`) + 'x'.repeat(length);
    assert.match((await answerTo(post(10 * 1024))).body, / 10240$/);
    await refused(post(10 * 1024 + 1), 413, 'body_too_large');
  });

  it('A13 413 comes from the Content-Length alone', () =>
    refused(message('POST / HTTP/1.1', 'Host: a', 'Content-Length: 1000000000'), 413, 'body_too_large'));

  it('A13 a body as large as the limit works, a larger one: 413 (chunks)', async () => {
    const post = (count: number) =>
      `${message('POST / HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked')}${`400\r\n${'x'.repeat(1024)}\r\n`.repeat(count)}0\r\n\r\n`;
    assert.match((await answerTo(post(10))).body, / 10240$/);
    await refused(post(11), 413, 'body_too_large');
  });

  it('A13 a chunk size over the limit: 413 before its data', () =>
    refused(
      `${message('POST / HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked')}3b9aca00\r\n`,
      413,
      'body_too_large',
    ));

  it('A12 chunk extensions are limited for each line and for the body', async () => {
    const head = message('POST / HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked');
    const one = await answerTo(`${head}1;${'e'.repeat(40_000)}\r\nx\r\n0\r\n\r\n`);
    assert.ok([400, 413, 431].includes(one.status), String(one.status));
    const many = await answerTo(`${head}${`1;${'e'.repeat(250)}\r\nx\r\n`.repeat(1_000)}0\r\n\r\n`);
    assert.ok([400, 413, 431].includes(many.status), String(many.status));
  });

  it('A12 the trailer section is limited', async () => {
    const head = message('POST / HTTP/1.1', 'Host: a', 'Transfer-Encoding: chunked');
    for (const trailers of [`X: ${'y'.repeat(100_000)}\r\n`, 'X: y\r\n'.repeat(20_000)]) {
      const response = await answerTo(`${head}0\r\n${trailers}\r\n`);
      assert.ok([400, 413, 431].includes(response.status), String(response.status));
    }
  });

  it('A13 the origin never saw a refused request whole', () => {
    assert.deepEqual(gateway.origin.violations, []);
    for (const { body, fields } of gateway.origin.seen.filter(({ complete }) => complete)) {
      assert.ok(body.length <= 10 * 1024 && fields.length < 100);
    }
  });
});

describe('C18 times', () => {
  /** How long until the connection closed, and what came before. */
  async function timeToClose(
    feed: (client: RawClient) => void,
  ): Promise<{ took: number; status: number | null }> {
    const client = await RawClient.connect(gateway.gateway.port);
    try {
      const start = performance.now();
      feed(client);
      await client.closed();
      const took = performance.now() - start;
      return { took, status: client.received === '' ? null : (await client.response()).status };
    } finally {
      client.destroy();
    }
  }

  /** Writes `piece` again and again, slowly, while the connection is open. */
  const drip = (piece: string) => (client: RawClient) => {
    const timer = setInterval(() => {
      if (client.closedHow === null) client.write(piece);
      else clearInterval(timer);
    }, 150);
  };

  it('C18 half a head: 408 after header_timeout', async () => {
    const { took, status } = await timeToClose((client) => client.write('GET / HTTP/1.1\r\nHost: a\r\n'));
    assert.equal(status, 408);
    assert.ok(took > HEADER_TIMEOUT * 0.7, `${took} ms`);
  });

  it('C18 a head that drips (slowloris): 408 though bytes keep coming', async () => {
    const { took, status } = await timeToClose((client) => {
      client.write('GET / HTTP/1.1\r\nHost: a\r\n');
      drip('X: y\r\n')(client);
    });
    assert.equal(status, 408);
    assert.ok(took > HEADER_TIMEOUT * 0.7 && took < HEADER_TIMEOUT + 6_000, `${took} ms`);
  });

  it('C18 a body that stops: 408 after body_idle_timeout', async () => {
    const { took, status } = await timeToClose((client) =>
      client.write(`${message('POST / HTTP/1.1', 'Host: a', 'Content-Length: 10')}hello`),
    );
    assert.equal(status, 408);
    assert.ok(took > BODY_IDLE_TIMEOUT * 0.7, `${took} ms`);
  });

  it('C18 a body that keeps moving is not cut', async () => {
    const client = await RawClient.connect(gateway.gateway.port);
    client.write(message('POST / HTTP/1.1', 'Host: a', 'Content-Length: 12'));
    for (let index = 0; index < 12; index++) {
      await new Promise((resolve) => setTimeout(resolve, BODY_IDLE_TIMEOUT / 5));
      client.write('x');
    }
    assert.match((await client.final('POST')).body, / 12$/);
    client.destroy();
  });

  it('C18 an idle connection is closed after keep_alive_timeout, without a response', async () => {
    const client = await RawClient.connect(gateway.gateway.port);
    assert.equal((await client.request(message('GET / HTTP/1.1', 'Host: a'))).status, 200);
    const start = performance.now();
    assert.equal(await client.closed(), 'end');
    assert.ok(performance.now() - start > KEEP_ALIVE_TIMEOUT * 0.6);
    assert.equal(client.received, '');
    client.destroy();
  });

  it('C18 a connection that never sends anything is closed', async () => {
    const { status } = await timeToClose(() => undefined);
    assert.ok(status === null || status === 408);
  });
});
