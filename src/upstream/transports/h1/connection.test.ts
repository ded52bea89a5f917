import assert from 'node:assert/strict';
import { once } from 'node:events';
import net from 'node:net';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../../../../test/support/gateway.ts';
import { TestCall } from '../../../../test/support/upstream-calls.ts';
import type { ByteOutput } from '../../../shared/byte-output.ts';
import { SocketOutput } from '../../../shared/socket-output.ts';
import { type Connector, PLAIN } from '../connector.ts';
import { type ConnectionOwner, H1Connection } from './connection.ts';

/** Text of every write, the way the connection asked for it. */
class RecordedOutput implements ByteOutput {
  readonly joinLimit = 4096;
  readonly #output: ByteOutput;
  readonly #writes: string[];

  constructor(output: ByteOutput, writes: string[]) {
    this.#output = output;
    this.#writes = writes;
  }

  get blocked(): boolean {
    return this.#output.blocked;
  }

  get queued(): number {
    return this.#output.queued;
  }

  writeText(text: string): boolean {
    this.#writes.push(text);
    return this.#output.writeText(text);
  }

  writeChunk(before: string, input: Uint8Array, start: number, end: number, after: string): boolean {
    this.#writes.push(before + Buffer.from(input.subarray(start, end)).toString('latin1') + after);
    return this.#output.writeChunk(before, input, start, end, after);
  }

  flush(): void {
    this.#output.flush();
  }

  end(): void {
    this.#output.end();
  }
}

const HEAD = 'POST / HTTP/1.1\r\nHost: a\r\n\r\n';
const OWNER: ConnectionOwner = { release() {}, remove() {}, detach() {}, detachedClosed() {} };

describe('the request of a connection to an endpoint', () => {
  let received = '';
  const endpoint = net.createServer((socket) => {
    socket.setEncoding('latin1').on('data', (text: string) => {
      received += text;
    });
    socket.on('error', () => {});
  });
  before(() => once(endpoint.listen(0, '127.0.0.1'), 'listening'));
  after(() => endpoint.close());

  /** Starts a connection and gives it to a call, before or after it is made. */
  async function open(connected: boolean): Promise<{ connection: H1Connection; writes: string[] }> {
    received = '';
    const writes: string[] = [];
    const recording: Connector = {
      ...PLAIN,
      output: (socket, onDrain) => new RecordedOutput(new SocketOutput(socket, onDrain), writes),
    };
    const { port } = endpoint.address() as net.AddressInfo;
    const connection = new H1Connection(OWNER, '127.0.0.1', port, recording);
    if (connected) await eventually(async () => connection.connected, 'the connection');
    connection.attach(new TestCall({}));
    return { connection, writes };
  }

  async function arrives(text: string): Promise<void> {
    await eventually(async () => received === text, `${text.length} bytes at the endpoint`);
  }

  for (const connected of [true, false]) {
    describe(connected ? 'when it is made' : 'before it is made', () => {
      it('leaves together with a small body', async () => {
        const { connection, writes } = await open(connected);
        connection.sendHead(HEAD, true, false, false, false);
        connection.write(Buffer.from('body'));
        connection.endRequest('');
        connection.flushHead();
        await arrives(`${HEAD}body`);
        assert.deepEqual(writes, [`${HEAD}body`]);
        connection.close();
      });

      it('leaves together with the first of large pieces', async () => {
        const { connection, writes } = await open(connected);
        const piece = 'x'.repeat(10_000);
        connection.sendHead(HEAD, true, true, false, false);
        for (let i = 0; i < 2; i++) connection.write(Buffer.from(piece));
        connection.endRequest('X-Sum: 1\r\n');
        connection.flushHead();
        const chunk = `2710\r\n${piece}\r\n`;
        const end = '0\r\nX-Sum: 1\r\n\r\n';
        await arrives(HEAD + chunk + chunk + end);
        assert.deepEqual(writes, [HEAD + chunk, chunk, end]);
        connection.close();
      });

      it('leaves together with the end of an empty body', async () => {
        for (const [chunked, body] of [
          [true, '0\r\n\r\n'],
          [false, ''],
        ] as const) {
          const { connection, writes } = await open(connected);
          connection.sendHead(HEAD, true, chunked, false, false);
          connection.endRequest('');
          connection.flushHead();
          await arrives(HEAD + body);
          assert.deepEqual(writes, [HEAD + body]);
          connection.close();
        }
      });

      it('does not wait for a body that is late', async () => {
        const { connection, writes } = await open(connected);
        connection.sendHead(HEAD, true, false, false, false);
        connection.flushHead();
        await arrives(HEAD);
        connection.write(Buffer.from('body'));
        connection.endRequest('');
        await arrives(`${HEAD}body`);
        assert.deepEqual(writes, [HEAD, 'body']);
        connection.close();
      });
    });
  }

  it('is not sent once the call has given up', async () => {
    const { connection, writes } = await open(true);
    connection.sendHead(HEAD, true, false, false, false);
    connection.abandon();
    connection.flushHead();
    assert.deepEqual(writes, []);
  });
});
