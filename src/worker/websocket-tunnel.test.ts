/** Time limits and backpressure of a tunnel, with ends that only write down what is done to them. */
import assert from 'node:assert/strict';
import { beforeEach, describe, it } from 'node:test';
import type { ByteReader, ByteStream } from '../shared/byte-stream.ts';
import { WebSocketTunnel } from './websocket-tunnel.ts';

const HOUR = 3_600_000;
const TEXT = Buffer.from([0x81, 1, 0x61]);
const CLOSE = 0x88;

class End implements ByteStream {
  reader!: ByteReader;
  readonly written: Buffer[] = [];
  readonly done: string[] = [];
  /** Takes no more. */
  slow = false;

  start(reader: ByteReader): void {
    this.reader = reader;
  }
  write(input: Buffer, start: number, end: number): boolean {
    this.written.push(Buffer.from(input.subarray(start, end)));
    return !this.slow;
  }
  pause(): void {
    this.done.push('pause');
  }
  resume(): void {
    this.done.push('resume');
  }
  end(): void {
    this.done.push('end');
  }
  abort(): void {
    this.done.push('abort');
  }
  says(bytes: Buffer): void {
    this.reader.onBytes(bytes, 0, bytes.length);
  }
}

let client: End;
let endpoint: End;
let errors: string[];

function open(idleTimeout: number, maxDuration = 0): WebSocketTunnel {
  const tunnel = new WebSocketTunnel(
    client,
    endpoint,
    { idleTimeout, maxDuration, origins: ['*'] },
    {
      onClientBytes: () => undefined,
      onEndpointBytes: () => undefined,
      onTunnelError: (code) => void errors.push(code),
    },
  );
  tunnel.start();
  return tunnel;
}

beforeEach(() => {
  client = new End();
  endpoint = new End();
  errors = [];
});

const now = (): number => Math.floor(performance.now());
const codeOf = (frame: Buffer | undefined): number | null =>
  frame?.[0] === CLOSE ? frame.readUInt16BE(2) : null;

describe('a tunnel', () => {
  it('with no limits has no deadline', () => {
    assert.ok(open(0).deadline > now() + 1000 * HOUR);
  });

  for (const side of ['client', 'endpoint'] as const) {
    it(`whose ${side} has ended its side closes after 30 s of silence, not before`, () => {
      const tunnel = open(HOUR);
      (side === 'client' ? client : endpoint).reader.onEnd();
      assert.deepEqual((side === 'client' ? endpoint : client).done, ['end']);
      const at = now();
      assert.ok(tunnel.deadline > at + 29_000 && tunnel.deadline <= at + 30_001);
      tunnel.onDeadline(at + 29_000);
      assert.deepEqual([errors, client.done.includes('abort')], [[], false]);
      tunnel.onDeadline(at + 30_100);
      assert.deepEqual(errors, ['websocket_idle']);
      // Nobody sends anything behind the end of the endpoint; a client that has ended its side can still be told.
      if (side === 'endpoint') assert.ok(client.done.includes('abort') && endpoint.done.includes('abort'));
      else assert.equal(codeOf(client.written[0]), 1001);
    });
  }

  it('that is told to close is cut when the client does not answer within five seconds', () => {
    const tunnel = open(1_000);
    const at = now() + 1_001;
    tunnel.onDeadline(at);
    assert.equal(codeOf(client.written[0]), 1001);
    assert.ok(tunnel.deadline > at + 4_000 && tunnel.deadline <= at + 5_000);
    tunnel.onDeadline(tunnel.deadline);
    assert.ok(client.done.includes('abort') && endpoint.done.includes('abort'));
    assert.deepEqual(errors, ['websocket_idle']);
  });

  it('is as old as it is, however busy', () => {
    const tunnel = open(HOUR, 10_000);
    client.says(TEXT);
    endpoint.says(TEXT);
    tunnel.onDeadline(now() + 10_100);
    assert.equal(codeOf(client.written[1]), 1012);
    assert.deepEqual(errors, ['websocket_expired']);
  });

  it('stops reading from one side while the other does not read, each for itself', () => {
    open(HOUR);
    client.slow = true;
    endpoint.says(TEXT);
    assert.deepEqual([endpoint.done, client.done], [['pause'], []]);
    client.says(TEXT);
    assert.deepEqual(client.done, [], 'the other direction flows');
    client.reader.onDrain();
    assert.deepEqual(endpoint.done, ['pause', 'resume']);
    endpoint.slow = true;
    client.says(TEXT);
    assert.deepEqual(client.done, ['pause']);
    endpoint.reader.onDrain();
    assert.deepEqual(client.done, ['pause', 'resume']);
  });

  it('says one Close at most, and nothing behind it', () => {
    const tunnel = open(HOUR);
    tunnel.shutdown();
    tunnel.shutdown();
    endpoint.says(TEXT);
    tunnel.onDeadline(now() + 2 * HOUR);
    assert.deepEqual(client.written.map(codeOf), [1001]);
  });

  it('whose endpoint has said Close is not told again', () => {
    const tunnel = open(HOUR);
    endpoint.says(Buffer.from([CLOSE, 2, 0x03, 0xe8]));
    tunnel.shutdown();
    assert.deepEqual(client.written.map(codeOf), [1000]);
  });
});
