import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../../../../test/support/gateway.ts';
import { type OriginConnection, okResponse, ScriptedOrigin } from '../../../../test/support/origin.ts';
import { callOn, type TestCall, type TestCallOptions } from '../../../../test/support/upstream-calls.ts';
import { onTick } from '../../../shared/coarse-clock.ts';
import { PipelinedPool } from './pipelined-pool.ts';
import type { Turn } from './turn.ts';

/** Milliseconds after which a call counts as holding up others, and after which it does no more. */
const LONG = 5000;

let origin: ScriptedOrigin;
let pool: PipelinedPool;
/** What the pool under test has reported. */
let counts: { open: number; opened: number; fallbacks: number };
/** Requests as they arrived: connection and target. */
let seen: string[] = [];
/** What the origin does when that many requests have come on a connection; nothing by default. */
let answers: Record<number, (connection: OriginConnection) => void> = {};

onTick(() => {});

/** @param mostWait endless by default, so that a busy machine changes nothing */
function makePool(max = 16, pipelining = 8, mostWait = 3_600_000): PipelinedPool {
  const own = { open: 0, opened: 0, fallbacks: 0 };
  counts = own;
  const dialer = { address: (host: string) => host, isCurrent: () => true };
  return new PipelinedPool(
    '127.0.0.1',
    origin.port,
    dialer,
    { max, idleTimeout: 60_000, pipelining },
    {
      connectionOpened: () => {
        own.open++;
        own.opened++;
      },
      connectionClosed: () => {
        own.open--;
      },
      pipeliningFellBack: () => {
        own.fallbacks++;
      },
    },
    mostWait,
  );
}

beforeEach(async () => {
  seen = [];
  answers = {};
  origin = await new ScriptedOrigin(async (connection) => {
    for (let count = 1; ; count++) {
      const request = await connection.request(24 * 3_600_000);
      if (request === null) return connection.end();
      seen.push(`${connection.index} ${request.target}`);
      answers[count]?.(connection);
    }
  }).listen();
  pool = makePool();
});

afterEach(async () => {
  pool.close();
  await origin.close();
  assert.deepEqual(origin.failures, []);
});

const calls = (count: number, options: TestCallOptions = {}): TestCall[] =>
  Array.from({ length: count }, (_, i) => callOn(pool, { target: `/${i + 1}`, ...options }));
const allOver = (list: readonly TestCall[]): Promise<unknown> => Promise.all(list.map((call) => call.over()));
const outcomes = (list: readonly TestCall[]): string[] => list.map(({ outcome }) => outcome);
const bodies = (list: readonly TestCall[]): string[] => list.map(({ body }) => body);
const received = (count: number): Promise<unknown> =>
  eventually(async () => seen.length >= count, `${count} requests`);
/** Sends that and closes. */
const closing =
  (bytes: string) =>
  (connection: OriginConnection): void => {
    connection.write(bytes);
    connection.end();
  };
const numbered = (from: number, to: number): string =>
  Array.from({ length: to - from + 1 }, (_, i) => okResponse(String(from + i))).join('');

/** A call alone, so that the connection is there and has served. */
async function warmUp(): Promise<void> {
  answers = { 1: (connection) => connection.write(okResponse('warm')) };
  await callOn(pool, { target: '/warm' }).over();
  answers = {};
  seen = [];
}

describe('calls on a shared connection', () => {
  it('go out together and get their own responses, in order', async () => {
    answers = { 8: (connection) => connection.write(numbered(1, 8)) };
    const list = calls(8);
    await allOver(list);
    assert.deepEqual(bodies(list), ['1', '2', '3', '4', '5', '6', '7', '8']);
    assert.deepEqual(
      seen,
      [1, 2, 3, 4, 5, 6, 7, 8].map((i) => `0 /${i}`),
    );
    assert.equal(counts.opened, 1);
  });

  it('leave in one write for each turn of the event loop', async () => {
    await warmUp();
    const connection = origin.connections[0]!;
    const chunks: number[] = [];
    connection.socket.on('data', (chunk: Buffer) => chunks.push(chunk.length));
    answers = { 6: (at) => at.write(numbered(1, 5)) };
    await allOver(calls(5));
    assert.equal(chunks.length, 1, `in one piece: ${chunks}`);
  });

  it('beyond the depth take another connection', async () => {
    const list = calls(9);
    await received(9);
    assert.equal(seen.filter((line) => line.startsWith('0 ')).length, 8);
    assert.equal(seen.filter((line) => line.startsWith('1 ')).length, 1);
    for (const call of list) call.connection!.abandon(false);
  });

  it('that are not shareable, or repeated, get connections of their own', async () => {
    calls(2);
    callOn(pool, { target: '/post', patience: 0 });
    callOn(pool, { target: '/again', fresh: true });
    await received(4);
    assert.deepEqual(seen.toSorted(), ['0 /1', '0 /2', '1 /post', '2 /again']);
  });

  it('use the connection again', async () => {
    await warmUp();
    answers = { 4: (connection) => connection.write(numbered(1, 3)) };
    const list = calls(3);
    await allOver(list);
    assert.deepEqual(outcomes(list), ['ended', 'ended', 'ended']);
    assert.equal(counts.opened, 1);
    assert.equal(counts.fallbacks, 0);
  });
});

describe('responses in every shape, split everywhere', () => {
  const shapes: readonly [method: string, bytes: string, status: number, body: string, trailers: string][] = [
    ['GET', okResponse('first'), 200, 'first', ''],
    ['HEAD', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n', 200, '', ''],
    [
      'GET',
      'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-T: 1\r\n\r\n',
      200,
      'abcde',
      'X-T: 1\r\n',
    ],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\nETag: "x"\r\n\r\n', 304, '', ''],
    ['GET', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n', 204, '', ''],
    ['GET', okResponse(''), 200, '', ''],
    ['GET', okResponse('first'), 200, 'first', ''],
  ];
  const bytes = shapes.map(([, text]) => text).join('');
  const check = (list: readonly TestCall[]): void => {
    for (const [i, [, , status, body, trailers]] of shapes.entries()) {
      const call = list[i]!;
      assert.deepEqual(
        [call.outcome, call.status, call.body, call.trailers],
        ['ended', status, body, trailers],
        `response ${i + 1}`,
      );
    }
    assert.deepEqual(list[4]!.interim, [103]);
  };
  const start = (): TestCall[] => shapes.map(([method], i) => callOn(pool, { method, target: `/${i + 1}` }));

  it('byte by byte', async () => {
    const list = start();
    await received(shapes.length);
    const { socket } = origin.connections[0]!;
    for (const byte of bytes) {
      socket.write(byte, 'latin1');
      await new Promise((resolve) => setImmediate(resolve));
    }
    await allOver(list);
    check(list);
  });

  it('in two pieces', async () => {
    for (let at = 1; at < bytes.length; at += 7) {
      seen = [];
      const list = start();
      await received(shapes.length);
      const { socket } = origin.connections[0]!;
      socket.write(bytes.slice(0, at), 'latin1');
      await sleep(1);
      socket.write(bytes.slice(at), 'latin1');
      await allOver(list);
      check(list);
    }
    assert.equal(counts.opened, 1);
  });

  it('a head that repeats another only in part is not taken for it', async () => {
    const list = calls(3);
    await received(3);
    origin.connections[0]!.write(
      'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na' +
        'HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\nbbbbbbbbbbbb' +
        'HTTP/1.1 200 OK\r\nContent-Length: 1\r\nX: y\r\n\r\nc',
    );
    await allOver(list);
    assert.deepEqual(bodies(list), ['a', 'bbbbbbbbbbbb', 'c']);
  });
});

describe('an endpoint that is not fit for it', () => {
  const cases: readonly [
    name: string,
    answer: (connection: OriginConnection) => void,
    first: string,
    status: number,
  ][] = [
    ['closes early', closing(okResponse('1')), 'ended', 200],
    ['resets early', (c) => c.reset(), 'stale', 0],
    [
      'says Connection: close',
      (c) => c.write(okResponse('1', ['Connection', 'close']) + okResponse('2')),
      'ended',
      200,
    ],
    ['answers in HTTP/1.0', (c) => c.write('HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n1'), 'ended', 200],
    [
      'sends a body until it closes',
      (c) => {
        c.write('HTTP/1.1 200 OK\r\n\r\n1');
        setTimeout(() => c.end(), 20);
      },
      'ended',
      200,
    ],
    ['sends no HTTP at first', (c) => c.write('nonsense\r\n\r\n'), 'stale', 0],
    [
      'sends a body with HEAD-like surplus',
      (c) => c.write(`${okResponse('1')}surplus ${okResponse('2')}`),
      'ended',
      200,
    ],
    ['breaks off in a body', closing('HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n1'), 'truncated', 200],
    [
      'sends a bad chunk',
      (c) => c.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'),
      'malformed',
      200,
    ],
    ['switches protocols', (c) => c.write('HTTP/1.1 101 X\r\n\r\n'), 'stale', 0],
  ];
  for (const [name, answer, first, status] of cases) {
    it(`${name}: the calls behind are stale, and the next ones do not share`, async () => {
      answers = { 4: answer };
      const list = calls(4);
      await allOver(list);
      assert.deepEqual(outcomes(list), [first, 'stale', 'stale', 'stale']);
      assert.equal(list[0]!.status, status);
      assert.equal(counts.fallbacks, 1);
      await eventually(async () => counts.open === 0, 'the shared connection to be gone');
      seen = [];
      answers = { 1: (c) => c.write(okResponse('alone')) };
      const next = calls(3);
      await allOver(next);
      assert.deepEqual(bodies(next), ['alone', 'alone', 'alone']);
      assert.equal(new Set(seen.map((line) => line.split(' ')[0])).size, 3, 'each on its own connection');
      // The pause is over some time.
      answers = { 3: (c) => c.write(numbered(1, 3)) };
      const later = calls(3, { now: performance.now() + 31_000 });
      await allOver(later);
      assert.deepEqual(bodies(later), ['1', '2', '3']);
    });
  }

  it('sends what nobody asked for: the connection is closed at once', async () => {
    await warmUp();
    origin.connections[0]!.write(okResponse('poison'));
    await eventually(async () => counts.open === 0, 'the connection to be closed');
    assert.equal(counts.fallbacks, 1);
  });

  it('does not exist: all calls fail to connect', async () => {
    await origin.close();
    const list = calls(3);
    await allOver(list);
    assert.deepEqual(outcomes(list), ['connect', 'connect', 'connect']);
    assert.equal(counts.open, 0);
    assert.equal(counts.fallbacks, 0);
  });
});

describe('an endpoint that closes as all do', () => {
  it('after a hundred responses', async () => {
    let left = 110;
    for (let i = 1; i <= 110; i++) answers[i] = (c) => c.write(okResponse('x'));
    answers[113] = closing(okResponse('last', ['Connection', 'close']));
    while (left-- > 0) await callOn(pool, {}).over();
    const list = calls(3);
    await allOver(list);
    assert.deepEqual(outcomes(list), ['ended', 'stale', 'stale']);
    assert.equal(counts.fallbacks, 0);
  });

  it('after an idle time, just when requests come', async () => {
    await warmUp();
    await sleep(1200);
    answers = { 3: (c) => c.reset() };
    const list = calls(2);
    await allOver(list);
    assert.deepEqual(outcomes(list), ['stale', 'stale']);
    assert.equal(counts.fallbacks, 0);
  });

  it('with nothing under way', async () => {
    await warmUp();
    origin.connections[0]!.end();
    await eventually(async () => counts.open === 0, 'the connection to be gone');
    assert.equal(counts.fallbacks, 0);
  });
});

describe('calls that go away', () => {
  it('leave a response that is thrown away, and the others get theirs', async () => {
    const list = calls(4);
    await received(4);
    list[0]!.connection!.abandon(false);
    list[2]!.connection!.abandon(false);
    origin.connections[0]!.write(numbered(1, 4));
    await Promise.all([list[1]!.over(), list[3]!.over()]);
    assert.deepEqual(bodies(list), ['', '2', '', '4']);
    assert.deepEqual(outcomes(list), ['', 'ended', '', 'ended']);
    assert.equal(counts.open, 1);
  });

  it('in the middle of a body too', async () => {
    const list = calls(2);
    await received(2);
    const connection = origin.connections[0]!;
    connection.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
    await eventually(async () => list[0]!.body === 'abc', 'half a body');
    list[0]!.connection!.abandon(false);
    connection.write(`3\r\ndef\r\n0\r\n\r\n${okResponse('2')}`);
    await list[1]!.over();
    assert.deepEqual(bodies(list), ['abc', '2']);
    assert.equal(counts.open, 1);
  });

  for (const [name, head] of [
    ['of stated length', 'Content-Length: 3000000'],
    ['in chunks', 'Transfer-Encoding: chunked'],
  ]) {
    it(`with more than a megabyte to come, ${name}: the connection closes`, async () => {
      const list = calls(2);
      await received(2);
      list[0]!.connection!.abandon(false);
      const connection = origin.connections[0]!;
      connection.write(`HTTP/1.1 200 OK\r\n${head}\r\n\r\n`);
      for (let i = 0; i < 30; i++) connection.write(`10000\r\n${'x'.repeat(0x10000)}\r\n`);
      await list[1]!.over();
      assert.deepEqual(outcomes(list), ['', 'stale']);
      assert.equal(counts.open, 0);
      assert.equal(counts.fallbacks, 0, 'not the fault of the endpoint');
    });
  }

  it('because a deadline has passed take the connection with them', async () => {
    const list = calls(3);
    await received(3);
    list[0]!.connection!.abandon(true);
    assert.deepEqual(outcomes(list), ['', 'stale', 'stale']);
    assert.equal(counts.open, 0);
    assert.equal(counts.fallbacks, 1);
  });

  it('because a deadline has passed, but not as the first: the first goes on', async () => {
    const list = calls(2);
    await received(2);
    list[1]!.connection!.abandon(true);
    origin.connections[0]!.write(numbered(1, 2));
    await list[0]!.over();
    assert.equal(list[0]!.body, '1');
    assert.equal(counts.fallbacks, 0);
  });

  it('before the connection is there: it is not needed any more', async () => {
    const list = calls(2);
    for (const call of list) call.connection!.abandon(false);
    assert.equal(counts.open, 0);
  });
});

describe('a call that does not read', () => {
  it('does not hold up the others with a small body', async () => {
    const [slow, other] = [callOn(pool, { target: '/slow', slow: true }), callOn(pool, { target: '/other' })];
    await received(2);
    origin.connections[0]!.write(okResponse('s'.repeat(50_000)) + okResponse('other'));
    await other.over();
    assert.equal(slow.outcome, '');
    assert.equal(slow.body, '');
    slow.connection!.resume();
    assert.deepEqual([slow.outcome, slow.body.length], ['ended', 50_000]);
  });

  it('with a large one: the others move to connections of their own after a moment', async () => {
    const [slow, other] = [callOn(pool, { target: '/slow', slow: true }), callOn(pool, { target: '/other' })];
    await received(2);
    const size = 16_000_000;
    origin.connections[0]!.write(okResponse('s'.repeat(size)) + okResponse('other'));
    await eventually(async () => {
      pool.check(performance.now());
      return other.outcome !== '';
    }, 'the other call to be let go');
    assert.equal(other.outcome, 'stale');
    assert.equal(counts.fallbacks, 0, 'not the fault of the endpoint');
    assert.ok((slow.connection as Turn).kept < 200_000, 'what is kept is bounded');
    slow.connection!.resume();
    await slow.over();
    assert.deepEqual([slow.outcome, slow.body.length], ['ended', size]);
    await eventually(async () => counts.open === 0, 'the connection to be closed after it');
  });

  it('goes away: what was kept is forgotten, and the connection goes on', async () => {
    const [slow, other] = [callOn(pool, { target: '/slow', slow: true }), callOn(pool, { target: '/other' })];
    await received(2);
    origin.connections[0]!.write(okResponse('s'.repeat(200_000)) + okResponse('other'));
    await eventually(async () => slow.status === 200, 'the first response');
    await sleep(20);
    slow.connection!.abandon(false);
    await other.over();
    assert.equal(other.body, 'other');
    assert.equal(counts.open, 1);
  });
});

describe('a response that takes long', () => {
  it('holds up nobody for longer than a second', async () => {
    const list = calls(3);
    await received(3);
    origin.connections[0]!.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nev\r\n');
    await eventually(async () => list[0]!.body === 'ev', 'the first event');
    pool.check(performance.now());
    assert.deepEqual(outcomes(list), ['', '', '']);
    pool.check(performance.now() + LONG);
    assert.deepEqual(outcomes(list), ['', '', ''], 'once may be a pause of this very thread');
    pool.check(performance.now() + LONG);
    assert.deepEqual(outcomes(list), ['', 'stale', 'stale']);
    assert.equal(counts.fallbacks, 1);
    origin.connections[0]!.write('3\r\nent\r\n0\r\n\r\n');
    await list[0]!.over();
    assert.equal(list[0]!.body, 'event');
    await eventually(async () => counts.open === 0, 'the connection to be closed after it');
  });

  it('takes at most a quarter of the time that those behind it have', async () => {
    const before = performance.now();
    const list = [callOn(pool), callOn(pool, { patience: 2000 }), callOn(pool)];
    await received(3);
    pool.check(before + 490);
    pool.check(before + 490);
    assert.deepEqual(outcomes(list), ['', '', '']);
    pool.check(performance.now() + 510);
    pool.check(performance.now() + 510);
    assert.deepEqual(outcomes(list), ['', 'stale', 'stale']);
  });

  it('is not risked by calls that have little time', async () => {
    const list = [
      callOn(pool, { target: '/1', patience: 400 }),
      callOn(pool, { target: '/2', patience: 400 }),
    ];
    await received(2);
    assert.deepEqual(seen.toSorted(), ['0 /1', '1 /2']);
    assert.deepEqual(outcomes(list), ['', '']);
  });

  it('alone on its connection may take what it wants', async () => {
    const [call] = calls(1);
    await received(1);
    pool.check(performance.now() + LONG);
    pool.check(performance.now() + LONG);
    assert.equal(call!.outcome, '');
    assert.equal(counts.fallbacks, 0);
    origin.connections[0]!.write(okResponse('x'));
    await call!.over();
    assert.equal(counts.open, 1);
  });

  it('that nobody wants any more costs the connection', async () => {
    const [call] = calls(1);
    await received(1);
    call!.connection!.abandon(false);
    pool.check(performance.now() + LONG);
    pool.check(performance.now() + LONG);
    assert.equal(counts.open, 0);
    assert.equal(counts.fallbacks, 0);
  });

  it('makes the next calls take other connections', async () => {
    pool = makePool(16, 8, 10);
    await warmUp();
    const now = performance.now();
    callOn(pool, { target: '/slow', now });
    callOn(pool, { target: '/at-once', now: now + 1 });
    callOn(pool, { target: '/later', now: now + 50 });
    await received(3);
    assert.deepEqual(seen.toSorted(), ['0 /at-once', '0 /slow', '1 /later']);
  });

  it('often: calls do not gather at all', async () => {
    pool = makePool(16, 8, 10);
    answers = Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [
        i + 1,
        (c: OriginConnection) => setTimeout(() => c.write(okResponse('x')), 30),
      ]),
    );
    for (let i = 0; i < 8; i++) await callOn(pool, {}).over();
    seen = [];
    const list = calls(3);
    await allOver(list);
    assert.equal(new Set(seen.map((line) => line.split(' ')[0])).size, 3);
  });
});

describe('the limit of connections', () => {
  it('holds for shared and other ones together', async () => {
    pool = makePool(4, 2);
    calls(6);
    for (let i = 0; i < 4; i++) callOn(pool, { target: `/own${i}`, patience: 0 });
    await received(6);
    await sleep(50);
    assert.equal(counts.open, 4);
    assert.equal(seen.length, 2 * 2 + 2);
  });

  it('of one connection leaves no room for sharing', async () => {
    pool = makePool(1);
    answers = Object.fromEntries(
      [1, 2, 3].map((i) => [i, (c: OriginConnection) => c.write(okResponse('x'))]),
    );
    const list = [...calls(2), callOn(pool, { target: '/own', patience: 0 })];
    await allOver(list);
    assert.equal(counts.opened, 1);
    assert.deepEqual(bodies(list), ['x', 'x', 'x']);
  });

  it('idle shared connections make room for a call that waits', async () => {
    pool = makePool(2);
    await warmUp();
    const own = [1, 2].map((i) => callOn(pool, { target: `/own${i}`, patience: 0 }));
    await received(2);
    assert.equal(counts.open, 2);
    assert.deepEqual(outcomes(own), ['', '']);
  });
});

describe('the end of a pool', () => {
  it('lets calls finish, then closes', async () => {
    const list = calls(2);
    await received(2);
    pool.close();
    assert.equal(counts.open, 1);
    const late = callOn(pool, { target: '/late' });
    await received(3);
    for (const connection of origin.connections)
      connection.write(numbered(1, connection.index === 0 ? 2 : 1));
    await allOver([...list, late]);
    assert.deepEqual(outcomes(list), ['ended', 'ended']);
    await eventually(async () => counts.open === 0, 'all to be closed');
  });

  it('idle connections expire', async () => {
    await warmUp();
    pool.sweep(performance.now() + 30_000);
    assert.equal(counts.open, 1);
    pool.sweep(performance.now() + 61_000);
    assert.equal(counts.open, 0);
  });
});
