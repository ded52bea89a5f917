import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { Downstream } from '../engine/downstream.ts';
import { Base64Decoder } from '../http/base64-stream.ts';
import { HeaderBlock } from '../http/header-block.ts';
import { GrpcWebResponse } from './grpc-web-response.ts';

/** What the client has got so far. */
class Client {
  bytes = Buffer.alloc(0);
  ended = false;
  reads = true;

  readonly downstream = {
    sendBody: (input: Buffer, start: number, end: number): boolean => {
      this.bytes = Buffer.concat([this.bytes, input.subarray(start, end)]);
      return this.reads;
    },
    endBody: (trailers: string): void => {
      assert.equal(trailers, '');
      this.ended = true;
    },
  } as Pick<Downstream, 'sendBody' | 'endBody'> as Downstream;

  /** Without base64, as far as groups are complete. */
  get decoded(): Buffer {
    return new Base64Decoder().decode(this.bytes)!;
  }
}

function message(length: number): Buffer {
  const bytes = Buffer.alloc(5 + length, length + 1);
  bytes[0] = 0;
  bytes.writeUInt32BE(length, 1);
  return bytes;
}

const trailers = (text: string): Buffer =>
  Buffer.concat([Buffer.from([0x80, 0, 0, 0, text.length]), Buffer.from(text)]);
const head = (lines = ''): HeaderBlock =>
  new HeaderBlock().load(`Content-Type: application/grpc\r\n${lines}`);
const form = (textResponse: boolean) => ({ textRequest: false, textResponse, format: '+proto' });
const MESSAGES = [message(0), message(7), message(20), message(1), message(3)];
const STREAM = Buffer.concat(MESSAGES);
const BORDERS = MESSAGES.map((_, i) => Buffer.concat(MESSAGES.slice(0, i + 1)).length);

describe('responses of gRPC-Web', () => {
  for (const text of [false, true]) {
    const name = text ? 'text' : 'binary';
    const read = (client: Client): Buffer => (text ? client.decoded : client.bytes);

    it(`${name}: split at every two bytes, a complete message has been sent whole`, () => {
      for (let first = 0; first <= STREAM.length; first++) {
        for (let second = first; second <= STREAM.length; second++) {
          const client = new Client();
          const response = new GrpcWebResponse(client.downstream, form(text), head(), null);
          let from = 0;
          for (const to of [first, second, STREAM.length]) {
            response.sendBody(STREAM, from, to);
            from = to;
            const complete = BORDERS.findLast((border) => border <= to) ?? 0;
            assert.ok(read(client).length >= complete, `${to} bytes, split at ${first} and ${second}`);
          }
          response.endBody('grpc-status: 0\r\n');
          assert.deepEqual(read(client), Buffer.concat([STREAM, trailers('grpc-status: 0\r\n')]));
          assert.ok(client.ended);
        }
      }
    });

    it(`${name}: a status of the gateway stands between messages only`, () => {
      for (let at = 0; at <= STREAM.length; at++) {
        const client = new Client();
        const response = new GrpcWebResponse(client.downstream, form(text), head(), null);
        response.sendBody(STREAM, 0, at);
        const between = at === 0 || BORDERS.includes(at);
        assert.equal(response.endWithStatus(14, 'gone: \u00fc'), between);
        assert.equal(client.ended, between);
        const status = trailers('grpc-status: 14\r\ngrpc-message: gone: %C3%BC\r\n');
        if (between) assert.deepEqual(read(client), Buffer.concat([STREAM.subarray(0, at), status]));
      }
    });

    it(`${name}: a client that does not read is told of`, () => {
      const client = new Client();
      client.reads = false;
      const response = new GrpcWebResponse(client.downstream, form(text), head(), null);
      assert.equal(response.sendBody(STREAM, 0, 12), false);
    });
  }

  it('heads lose what is of HTTP/2, and the type follows the service', () => {
    const headers = head('Trailer: grpc-status\r\nContent-Length: 9\r\nx-a: b\r\n');
    headers.set('content-type', 'application/grpc+json; charset=utf-8');
    new GrpcWebResponse(new Client().downstream, form(true), headers, null);
    assert.deepEqual(
      [...headers.entries()],
      [
        ['x-a', 'b'],
        ['content-type', 'application/grpc-web-text+json'],
      ],
    );
  });

  it('of a response without a body the metadata is taken, but not what plugins and proxies have added', () => {
    const client = new Client();
    const lines =
      'Grpc-Status: 5\r\ngrpc-message: no\r\nx-why: so\r\nX-Why: too\r\nserver: s\r\nx-plugin: p\r\ngrpc-encoding: gzip\r\n';
    const headers = head(lines);
    const sent = new Set(['grpc-status', 'grpc-message', 'x-why', 'server', 'grpc-encoding', 'content-type']);
    const response = new GrpcWebResponse(client.downstream, form(false), headers, sent);
    response.endBody('');
    const text = 'grpc-status: 5\r\ngrpc-message: no\r\nx-why: so\r\nx-why: too\r\n';
    assert.deepEqual(client.bytes, trailers(text));
    assert.deepEqual(
      Array.from(headers.entries(), ([name]) => name),
      ['server', 'x-plugin', 'grpc-encoding', 'content-type'],
    );
  });

  it('a status in a head with a body counts; metadata stays where it is', () => {
    const client = new Client();
    const headers = head('grpc-status: 0\r\nx-a: b\r\n');
    const response = new GrpcWebResponse(client.downstream, form(false), headers, null);
    response.endBody('');
    assert.deepEqual(client.bytes, trailers('grpc-status: 0\r\n'));
    assert.equal(headers.get('x-a'), 'b');
  });
});
