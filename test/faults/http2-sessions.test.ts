/**
 * HTTP/2 sessions end however and whenever their clients do: nothing of them stays, and their threads are unharmed.
 * With OCTOPUS_SOAK=1 for 2,000 clients.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import net from 'node:net';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import {
  ACK,
  DATA,
  END_HEADERS,
  frame,
  framesOf,
  GOAWAY,
  getRequest,
  HEADERS,
  headerBlock,
  number32,
  PREFACE,
  RST_STREAM,
  SETTINGS,
  WINDOW_UPDATE,
} from '../support/http2-frames.ts';
import { type HttpOrigin, startHttpOrigin } from '../support/origin.ts';
import { RawClient } from '../support/raw-client.ts';

/** Connections that begin and end; all kinds of ends in turn. */
const CYCLES = process.env['OCTOPUS_SOAK'] ? 2_000 : 64;
const AT_ONCE = 25;
const STREAMS = 20;
const BODY_BYTES = 60_000;
const NOTHING = Buffer.alloc(0);
const GOODBYE = frame(GOAWAY, 0, 0, Buffer.concat([number32(0), number32(0)]));
/** DATA on stream 0: a connection error. */
const VIOLATION = frame(DATA, 0, 0, Buffer.from('x'));
const WIDE = Buffer.concat([
  frame(SETTINGS, 0, 0, Buffer.concat([Buffer.from([0, 4]), number32(2 ** 30)])),
  frame(WINDOW_UPDATE, 0, 0, number32(2 ** 30)),
]);
const NARROW = frame(SETTINGS, 0, 0, Buffer.concat([Buffer.from([0, 4]), number32(1_000)]));

interface Ending {
  readonly what: string;
  /** Said last, before the client goes. */
  readonly last: Buffer;
  go(socket: net.Socket): void;
}

const ids = Array.from({ length: STREAMS }, (_, index) => 1 + 2 * index);
const ENDINGS: readonly Ending[] = [
  { what: 'goes away', last: NOTHING, go: (socket) => socket.destroy() },
  { what: 'resets the connection', last: NOTHING, go: (socket) => socket.resetAndDestroy() },
  { what: 'ends its side', last: NOTHING, go: (socket) => socket.end() },
  { what: 'says GOAWAY and goes', last: GOODBYE, go: (socket) => socket.destroy() },
  {
    what: 'says GOAWAY and talks on',
    last: GOODBYE,
    go: (socket) => void socket.end(Buffer.alloc(100, 'z')),
  },
  { what: 'breaks the protocol and goes', last: VIOLATION, go: (socket) => socket.destroy() },
  {
    what: 'resets its streams and goes',
    last: Buffer.concat(ids.map((id) => frame(RST_STREAM, 0, id, number32(8)))),
    go: (socket) => socket.destroy(),
  },
  {
    what: 'opens its windows and goes',
    last: Buffer.concat([0, ...ids].map((id) => frame(WINDOW_UPDATE, 0, id, number32(1_000_000)))),
    go: (socket) => socket.end(),
  },
];

const headsOf = (client: RawClient): number[] =>
  framesOf(client)
    .filter(({ type }) => type === HEADERS)
    .map(({ stream }) => stream);

const post = (id: number): Buffer =>
  frame(
    HEADERS,
    END_HEADERS,
    id,
    headerBlock([
      [':method', 'POST'],
      [':scheme', 'http'],
      [':authority', 'a'],
      [':path', '/upload'],
    ]),
  );

describe('HTTP/2 sessions', () => {
  let gateway: Gateway;
  let origin: HttpOrigin;

  before(async () => {
    origin = await startHttpOrigin((_request, response) => {
      response.on('error', () => {});
      response.end(Buffer.alloc(BODY_BYTES, 'x'));
    });
    gateway = await startGateway(
      {
        server: { shutdown_timeout: '20s' },
        observability: { logging: { access_log: { enabled: false } } },
        upstreams: [
          { name: 'origin', endpoints: [origin.address], connections: { max: 100, idle_timeout: '500ms' } },
        ],
        routes: [{ path: '/*', upstream: 'origin' }],
      },
      { workers: 1 },
    );
  });
  after(async () => {
    await gateway?.stop('SIGKILL');
    await origin?.close();
  });

  const descriptors = (): number => readdirSync(`/proc/${gateway.pid}/fd`).length;
  /** Milliseconds. */
  const processorTime = (): number => {
    const fields = readFileSync(`/proc/${gateway.pid}/stat`, 'latin1').split(') ')[1]!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) * 10;
  };
  const active = async (): Promise<number> => (await gateway.metrics()).sum('octopus_active_connections');
  const deaths = (): unknown[] => gateway.logLines().filter(({ message }) => message === 'worker died');

  /** One client with requests under way that it does not all read the answers of. */
  async function cycle(number: number): Promise<void> {
    const ending = ENDINGS[number % ENDINGS.length]!;
    const turn = Math.floor(number / ENDINGS.length);
    const socket = net.connect({ port: gateway.port, host: '127.0.0.1', allowHalfOpen: true });
    socket.on('error', () => {});
    if (turn % 2 === 0) socket.resume();
    const requests = turn % 5 === 4 ? [] : ids.map((id) => (id % 3 === 0 ? post(id) : getRequest(id, '/')));
    socket.write(
      Buffer.concat([
        Buffer.from(PREFACE),
        turn % 3 === 0 ? NARROW : WIDE,
        frame(SETTINGS, ACK, 0),
        ...requests,
      ]),
    );
    // From before the first answer to after the last one.
    await pause((turn % 7) * 5);
    if (ending.last.length > 0) socket.write(ending.last);
    if (turn % 2 === 1) await pause(5);
    ending.go(socket);
    if (!socket.destroyed) setTimeout(() => socket.destroy(), 50);
  }

  async function cycles(first: number, count: number): Promise<void> {
    let next = first;
    const worker = async (): Promise<void> => {
      while (next < first + count) await cycle(next++);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
  }

  async function settled(): Promise<number> {
    await eventually(async () => (await active()) === 0, 'all sessions to be gone');
    let last = Number.POSITIVE_INFINITY;
    return eventually(async () => {
      const before = last;
      last = descriptors();
      await pause(300);
      return last === before && descriptors() === last ? last : null;
    }, 'descriptors to be what they were');
  }

  it(`${CYCLES} clients that go away in ${ENDINGS.length} ways leave no session, no descriptor and a calm thread`, async () => {
    await cycles(0, 10 * ENDINGS.length);
    const before = await settled();
    await cycles(0, CYCLES);
    await settled();
    // Connections to the origin are closed when they have been idle for long enough.
    await eventually(async () => descriptors() <= before + 2, `${before} descriptors, as before`);
    assert.deepEqual(deaths(), []);
    const used = processorTime();
    await pause(500);
    assert.ok(processorTime() - used < 250, `${processorTime() - used} ms of 500 at rest`);
  });

  it('what a client says after its GOAWAY harms nobody, whenever it comes', async () => {
    const talkOn = async (gap: number): Promise<void> => {
      const socket = net.connect({
        port: gateway.port,
        host: '127.0.0.1',
        allowHalfOpen: true,
        noDelay: true,
      });
      socket.on('error', () => {}).write(Buffer.concat([Buffer.from(PREFACE), WIDE]));
      await pause(20);
      socket.write(GOODBYE);
      for (let words = 0; words < 10; words++) {
        await pause(gap);
        socket.write(Buffer.alloc(100, 'z'));
      }
      socket.destroy();
    };
    for (let round = 0; round < 20; round++)
      await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => talkOn(index % 3)));
    await settled();
    assert.deepEqual(deaths(), []);
  });

  it('requests in one segment with a GOAWAY are served, and memory stays whole', async () => {
    const later = ids.slice(1);
    const surprise = async (): Promise<void> => {
      const client = await RawClient.connect(gateway.port);
      // The body does not fit into the window: the session has a stream when it is told to close.
      client.write(Buffer.concat([Buffer.from(PREFACE), NARROW, getRequest(1, '/')]));
      await client.until(() => headsOf(client).includes(1) || null, 'the first answer');
      const segment = Buffer.concat([GOODBYE, ...later.map((id) => getRequest(id, '/'))]);
      client.write(segment);
      await client.until(() => later.every((id) => headsOf(client).includes(id)) || null, 'the others');
      client.destroy();
    };
    for (let round = 0; round < 8; round++)
      await Promise.all(Array.from({ length: AT_ONCE }, () => surprise()));
    await settled();
    assert.deepEqual(deaths(), []);
  });

  it('a shutdown amid such clients ends in time', async () => {
    await cycles(0, 10 * ENDINGS.length);
    // Clients that stay: idle, in the middle of a body that they do not read, and after a violation.
    const stayers = [NOTHING, getRequest(1, '/'), Buffer.concat([post(1), VIOLATION])].map((bytes) => {
      const socket = net.connect({ port: gateway.port, host: '127.0.0.1' });
      socket.on('error', () => {}).write(Buffer.concat([Buffer.from(PREFACE), NARROW, bytes]));
      return socket;
    });
    await eventually(async () => (await active()) >= stayers.length, 'them to be there');
    const start = performance.now();
    const stopped = gateway.stop();
    await pause(100);
    for (const socket of stayers) socket.destroy();
    const { code } = await stopped;
    assert.equal(code, 0);
    assert.ok(performance.now() - start < 9_000, `${performance.now() - start} ms`);
    assert.deepEqual(deaths(), []);
  });
});
