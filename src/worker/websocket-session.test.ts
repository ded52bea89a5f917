/** A handshake whose response cannot be sent. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { ByteStream } from '../shared/byte-stream.ts';
import type { ExchangeContext } from './exchange-context.ts';
import type { Plane } from './plane.ts';
import { WebSocketSession } from './websocket-session.ts';

it('begins no tunnel that nobody would end when the exchange ends in the middle of the handshake', () => {
  const done: string[] = [];
  const end = { abort: () => done.push('abort'), start: () => done.push('start') } as unknown as ByteStream;
  const context = {
    over: false,
    exchange: {
      downstream: {
        switchProtocols(): ByteStream {
          context.over = true;
          return end;
        },
      },
    },
  };
  // Has no lists and no gauges: nothing may be entered there.
  const session = new WebSocketSession({} as Plane, context as unknown as ExchangeContext);
  session.open('', end);
  assert.deepEqual(done, ['abort']);
});
