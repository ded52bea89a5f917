import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { ResponseFields } from './response-fields.ts';

const LINES = 'Content-Type: text/plain\r\nX-One: 1\r\n';

describe('the fields of a response', () => {
  it('pass as they are, with what is appended behind them', () => {
    const fields = new ResponseFields(LINES, false);
    fields.append('X-Two', '2');
    fields.append('X-Two', '3');
    assert.equal(fields.lines, `${LINES}X-Two: 2\r\nX-Two: 3\r\n`);
    assert.equal(fields.hasLength, false);
  });

  it('are all there for who reads after appending', () => {
    const fields = new ResponseFields(LINES, false);
    fields.append('X-One', '2');
    assert.deepEqual(fields.getAll('x-one'), ['1', '2']);
    fields.set('x-one', '3');
    fields.append('X-Last', 'z');
    fields.delete('content-type');
    assert.equal(fields.lines, 'x-one: 3\r\nX-Last: z\r\n');
  });

  it('know of a length, whoever has set or removed it', () => {
    const given = new ResponseFields(`Content-Length: 5\r\n${LINES}`, true);
    assert.equal(given.hasLength, true);
    given.delete('Content-Length');
    assert.equal(given.hasLength, false);
    const added = new ResponseFields(LINES, false);
    added.append('content-LENGTH', '7');
    assert.equal(added.hasLength, true);
  });

  it('refuse what is not legal on the wire, before and after the first reading (rule B11)', () => {
    const fields = new ResponseFields(LINES, false);
    for (let i = 0; i < 2; i++) {
      assert.throws(() => fields.append('X-A', 'a\r\nX-Evil: 1'), TypeError);
      assert.throws(() => fields.append('X A', 'a'), TypeError);
      assert.equal(fields.has('x-evil'), false);
    }
    assert.equal(fields.lines, LINES);
  });
});
