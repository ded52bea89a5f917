/** Rules D1 to D7, and those of HTTP/1.1 that hold for HTTP/2 as well. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Authority } from '../support/certificates.ts';
import { type Gateway, startGateway } from '../support/gateway.ts';
import { Http2Client } from '../support/http2-client.ts';
import { okResponse, RecordingOrigin, type SeenRequest } from '../support/origin.ts';
import { message, valuesOf } from '../support/wire.ts';

const authority = await Authority.create();
const TLS = authority?.issue('main.test', { names: 'DNS:main.test,DNS:*.main.test' });

const SHOW = `export const plugin = {
  name: 'show', version: '1.0.0',
  setup: () => ({
    onResponse({ request }, response) {
      response.headers.set('X-Version', request.httpVersion + ' ' + request.scheme + ' ' + (request.tls?.alpn ?? '-'));
    },
  }),
};`;

function answer(request: SeenRequest): string {
  switch (request.target) {
    case '/trailers':
      return (
        message('HTTP/1.1 200 OK', 'Transfer-Encoding: chunked', 'Trailer: X-Sum') +
        '5\r\nhello\r\n0\r\nX-Sum: 42\r\nContent-Length: 9\r\n\r\n'
      );
    case '/hints':
      return message('HTTP/1.1 103 Early Hints', 'Link: </a.css>; rel=preload') + okResponse('ok');
    case '/fields':
      return okResponse(
        'ok',
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
        ['Keep-Alive', 'timeout=5'],
        ['X-Upper', 'Ä'],
      );
    case '/strange':
      return `${message('HTTP/1.1 799 Strange', 'Content-Length: 2')}hm`;
    case '/empty':
      return message('HTTP/1.1 204 No Content');
    default:
      return okResponse('ok');
  }
}

for (const transport of ['plain', 'TLS'] as const) {
  const skip = transport === 'TLS' && authority === null && 'no openssl to make certificates with';
  const scheme = transport === 'TLS' ? 'https' : 'http';

  describe(`HTTP/2, ${transport}`, { skip }, () => {
    let gateway: Gateway;
    let origin: RecordingOrigin;
    let client: Http2Client;

    before(async () => {
      origin = await new RecordingOrigin(answer).listen();
      const tls = transport === 'TLS' ? { tls: { enabled: true, cert: 'cert.pem', key: 'key.pem' } } : {};
      gateway = await startGateway(
        {
          server: { limits: { header_bytes: '16KB', header_count: 60, body: '1MB', request_line: '4KB' } },
          ...tls,
          plugins: [{ name: 'show', path: './show.mjs' }],
          upstreams: [{ name: 'origin', endpoints: [origin.address] }],
          routes: [
            { path: '/local', respond: { status: 200, body: 'made here' } },
            { path: '/shown', upstream: 'origin', middleware: ['show'] },
            { path: '/*', upstream: 'origin' },
          ],
        },
        { files: { 'cert.pem': TLS?.cert ?? '', 'key.pem': TLS?.key ?? '', 'show.mjs': SHOW } },
      );
      const port = transport === 'TLS' ? gateway.tlsPort : gateway.port;
      client = await Http2Client.connect(`${scheme}://127.0.0.1:${port}`, { servername: 'main.test' });
    });

    after(async () => {
      client?.destroy();
      await gateway?.stop();
      await origin?.close();
    });

    const AUTHORITY = { ':authority': 'main.test' };
    const ask = (path: string, more = {}) => client.get(path, { ...AUTHORITY, ...more });
    const seen = (path: string) => origin.seen.filter(({ target }) => target === path).at(-1)!;

    it('requests and responses pass: methods, bodies, statuses', async () => {
      assert.equal((await ask('/a?b=c')).body, 'ok');
      assert.equal(seen('/a?b=c').method, 'GET');
      const posted = await client.request(
        { ...AUTHORITY, ':path': '/post', ':method': 'POST' },
        'x'.repeat(300_000),
      );
      assert.equal(posted.status, 200);
      assert.equal(seen('/post').body.length, 300_000);
      const sized = { ...AUTHORITY, ':path': '/sized', ':method': 'PUT', 'content-length': 5 };
      assert.equal((await client.request(sized, 'hello')).status, 200);
      assert.deepEqual(valuesOf(seen('/sized').fields, 'content-length'), ['5']);
      const head = await client.request({ ...AUTHORITY, ':path': '/a', ':method': 'HEAD' });
      assert.deepEqual([head.status, head.headers['content-length'], head.body], [200, '2', '']);
      assert.equal((await ask('/empty')).status, 204);
      assert.equal((await ask('/local')).body, 'made here');
    });

    it('B4, B6: the endpoint learns the version, the scheme and the client', async () => {
      await ask('/a');
      const { fields } = seen('/a');
      assert.match(valuesOf(fields, 'via')[0]!, /^2\.0 octopus/);
      assert.deepEqual(valuesOf(fields, 'host'), [origin.address]);
      assert.deepEqual(valuesOf(fields, 'x-forwarded-host'), ['main.test']);
      assert.deepEqual(valuesOf(fields, 'x-forwarded-proto'), [scheme]);
      const alpn = transport === 'TLS' ? 'h2' : '-';
      assert.equal((await ask('/shown')).headers['x-version'], `2.0 ${scheme} ${alpn}`);
    });

    it('B9: crumbs of cookies are one field, Set-Cookie stays apart', async () => {
      const answered = await ask('/fields', { cookie: ['a=1', 'b=2', 'c=3'] });
      assert.deepEqual(valuesOf(seen('/fields').fields, 'cookie'), ['a=1; b=2; c=3']);
      assert.deepEqual(answered.headers['set-cookie'], ['a=1', 'b=2']);
      assert.equal(answered.headers['keep-alive'], undefined);
      assert.equal(answered.headers['x-upper'], 'Ä');
    });

    it('C7: interim responses and 100 Continue', async () => {
      const hinted = await ask('/hints');
      assert.equal(hinted.status, 200);
      assert.deepEqual(
        hinted.interim.map((one) => [one[':status'], one['link']]),
        [[103, '</a.css>; rel=preload']],
      );
      const stream = client.stream(
        { ...AUTHORITY, ':path': '/a', ':method': 'POST', expect: '100-continue', 'content-length': 2 },
        { endStream: false },
      );
      const answered = new Promise((resolve) =>
        stream.on('response', ({ ':status': status }) => resolve(status)),
      );
      await new Promise((resolve) => stream.on('continue', resolve));
      stream.end('hi');
      assert.equal(await answered, 200);
    });

    it('C10: trailers pass both ways, but for those that are none', async () => {
      const answered = await ask('/trailers');
      assert.equal(answered.body, 'hello');
      assert.equal(answered.trailers?.['x-sum'], '42');
      assert.equal(answered.trailers?.['content-length'], undefined);
      const headers = { ...AUTHORITY, ':path': '/with-trailers', ':method': 'POST' };
      await client.request(headers, 'hello', { 'x-check': 'abc', authorization: 'forged' });
      assert.deepEqual(seen('/with-trailers').trailers, [['x-check', 'abc']]);
    });

    it('D1: connection-specific fields never reach the endpoint', async () => {
      await ask('/a', { te: 'trailers', x_under: '1' });
      const { fields } = seen('/a');
      assert.deepEqual(valuesOf(fields, 'te'), ['trailers']);
      assert.deepEqual(valuesOf(fields, 'x_under'), []);
    });

    const refusals: readonly [string, Record<string, string | string[]>, number][] = [
      ['D3: Host and :authority differ', { ':path': '/d', host: 'other.test' }, 400],
      ['D4: a fragment in the path', { ':path': '/d#x' }, 400],
      ['D4: a path outside ASCII', { ':path': '/dÄ' }, 400],
      [
        'D4: another scheme than the transport',
        { ':path': '/d', ':scheme': scheme === 'http' ? 'https' : 'http' },
        400,
      ],
      ['D4: a scheme that is none', { ':path': '/d', ':scheme': 'javascript' }, 400],
      ['D4: user information in the authority', { ':path': '/d', ':authority': 'me@main.test' }, 400],
      ['D6: a space in the method', { ':path': '/d', ':method': 'GET /x' }, 501],
      ['D6: a path that is none', { ':path': 'd' }, 400],
      ['A4: TRACE', { ':path': '/d', ':method': 'TRACE' }, 501],
      ['A13: a path over the limit', { ':path': `/${'x'.repeat(5000)}` }, 414],
      [
        'D7: fields over the limit, each of them moderate',
        { ':path': '/d', 'x-a': Array(10).fill('y'.repeat(3000)) },
        431,
      ],
      ['D7: too many fields', { ':path': '/d', 'x-a': Array(70).fill('1') }, 431],
      ['B1: an expectation that nobody knows', { ':path': '/d', expect: 'miracles' }, 417],
    ];
    for (const [title, headers, status] of refusals) {
      it(title, async () => {
        const before = origin.seen.length;
        const answered = await client.request({ ...AUTHORITY, ...headers });
        // The session itself refuses some of these, without a response.
        if (answered.status === 0) assert.notEqual(answered.rstCode, 0);
        else assert.equal(answered.status, status);
        if (status !== 200) assert.equal(origin.seen.length, before);
      });
    }

    it('C4, C5: a body over the limit is refused at once, other streams go on', async () => {
      const stated = { ...AUTHORITY, ':path': '/big', ':method': 'POST', 'content-length': 2_000_000 };
      const first = client.stream(stated, { endStream: false });
      const status = await new Promise((resolve) =>
        first.on('response', (headers) => resolve(headers[':status'])),
      );
      assert.equal(status, 413);
      const unstated = await client.request(
        { ...AUTHORITY, ':path': '/big', ':method': 'POST' },
        Buffer.alloc(3_000_000),
      );
      assert.ok(unstated.status === 413 || unstated.rstCode !== 0, JSON.stringify(unstated.headers));
      assert.equal((await ask('/a')).status, 200);
    });

    it('a status that HTTP does not have becomes 502', async () => {
      const strange = await ask('/strange');
      assert.deepEqual([strange.status, strange.body], [502, 'hm']);
      assert.equal((await ask('/a')).status, 200);
    });

    it('B15: 421 for a host that the certificate does not cover', {
      skip: transport === 'plain',
    }, async () => {
      assert.equal((await ask('/a', { ':authority': 'b.main.test' })).status, 200);
      assert.equal((await ask('/a', { ':authority': 'other.test' })).status, 421);
    });

    it('the origin got nothing but strict HTTP/1.1', () => assert.deepEqual(origin.violations, []));
  });
}
