/** The tests of processes, reloads and failures on the engine uws: as with the built-in one nothing is lost. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { runOnUws, withoutUws } from '../support/uws.ts';

for (const name of ['control/workers', 'control/shutdown', 'control/reload', 'faults/data-plane-workers']) {
  it(`${name} passes on the engine uws`, { skip: withoutUws() }, async () => {
    const { code, output } = await runOnUws([name]);
    assert.equal(code, 0, output);
    assert.match(output, /^# pass [1-9]/m);
  });
}
