import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import { coarseClock } from '../shared/coarse-clock.ts';
import type { ControlRequestMessage, ControlResponseMessage } from '../shared/messages.ts';

const REQUEST = {
  method: 'GET',
  path: '/_farp/v1/services',
  headers: {},
  body: Buffer.alloc(0),
  peer: '::1',
};

function response(id: number): ControlResponseMessage {
  return { type: 'control-response', id, status: 200, headers: {}, body: '' };
}

describe('the link to the primary', () => {
  mock.timers.enable({ apis: ['setInterval'] });

  async function link() {
    // Only now, so that the clock of the module is the mocked one.
    const { ControlLink } = await import('./control-link.ts');
    const sent: ControlRequestMessage[] = [];
    return { link: new ControlLink((message) => sent.push(message)), sent };
  }

  it('answers by id, once, whatever the order', async () => {
    const { link: control, sent } = await link();
    const answers: (string | null)[] = [];
    for (const name of ['a', 'b']) {
      assert.ok(control.enter());
      control.ask(REQUEST, (answer) => answers.push(answer === null ? null : name));
    }
    const [a, b] = sent as [ControlRequestMessage, ControlRequestMessage];
    assert.notEqual(a.id, b.id);
    control.deliver(response(b.id));
    control.deliver(response(a.id));
    control.deliver(response(a.id));
    control.deliver(response(a.id - 1));
    assert.deepEqual(answers, ['b', 'a']);
  });

  it('whoever has gone is not answered', async () => {
    const { link: control, sent } = await link();
    control.enter();
    const id = control.ask(REQUEST, () => assert.fail('answered'));
    control.cancel(id);
    control.deliver(response(sent[0]!.id));
  });

  it('lets in only so many at a time', async () => {
    const { link: control, sent } = await link();
    let entered = 0;
    while (control.enter()) entered++;
    assert.equal(entered, 256);
    control.leave();
    assert.ok(control.enter());
    control.ask(REQUEST, () => undefined);
    assert.equal(control.enter(), false);
    control.deliver(response(sent[0]!.id));
    assert.ok(control.enter());
  });

  it('holds only so much', async () => {
    const { link: control } = await link();
    let held = 0;
    while (control.hold(1_048_576)) held++;
    assert.equal(held, 16);
    control.release(1_048_576);
    assert.ok(control.hold(1_000_000));
    assert.equal(control.hold(1_000_000), false);
  });

  it('a primary that does not answer is not waited for for ever', async () => {
    const { link: control } = await link();
    const answers: unknown[] = [];
    control.enter();
    control.ask(REQUEST, (answer) => answers.push(answer));
    const start = performance.now();
    const clock = mock.method(performance, 'now');
    const tickAt = (milliseconds: number): void => {
      clock.mock.mockImplementation(() => start + milliseconds);
      mock.timers.tick(100);
    };
    tickAt(19_000);
    tickAt(19_100);
    assert.deepEqual(answers, []);
    // The thread itself stood still: the answer may have come meanwhile.
    tickAt(21_000);
    assert.deepEqual(answers, []);
    tickAt(21_100);
    clock.mock.restore();
    coarseClock.now = Math.floor(performance.now());
    assert.deepEqual(answers, [null]);
  });
});
