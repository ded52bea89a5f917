/** The request corpus against nginx and HAProxy before the same origin: every difference is listed and justified. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, it } from 'node:test';
import { REQUESTS } from '../conformance/corpus/all.js';
import { corpusConfig, corpusOrigin } from '../support/corpus-gateway.js';
import { inParallel, runCase } from '../support/corpus-runner.js';
import { startGateway } from '../support/gateway.js';
import { findProgram } from '../support/programs.js';
import { DIFFERENCES, VERSIONS } from './differences.js';
import { outcomeOf } from './outcome.js';
import { startHaproxy, startNginx } from './proxies.js';
let origin;
let gateway;
let ours;
before(async () => {
    origin = await corpusOrigin();
    gateway = await startGateway(corpusConfig(origin.address));
    ours = await outcomes(gateway.port);
});
after(async () => {
    await gateway?.stop();
    await origin?.close();
});
/** What the proxy at that port does with each case. */
async function outcomes(port) {
    const outcomes = new Map();
    await inParallel(REQUESTS, 30, async (test) => {
        outcomes.set(test.id, outcomeOf(await runCase(port, origin, test, { patience: 8_000 })));
    });
    return outcomes;
}
function verdictOf(ours, theirs) {
    if (theirs === 'hangs' || theirs === 'no HTTP')
        return 'neither';
    const pass = theirs.includes('passed');
    if (ours.startsWith('passed') === pass)
        return 'forwards otherwise';
    return pass ? 'passes' : 'refuses';
}
/** The version, as far as the list depends on it: `1.22`. */
function versionOf(name, file) {
    const command = name === 'nginx' ? `${file} -v 2>&1` : `${file} -v`;
    const output = execFileSync('sh', ['-c', command], { encoding: 'utf8' });
    return /(\d+\.\d+)\.\d+/.exec(output)?.[1] ?? output;
}
/** Null when the program is not there or of another version; the test is then skipped with the reason. */
async function available(context, name) {
    const found = await findProgram(name);
    const reason = 'missing' in found
        ? found.missing
        : versionOf(name, found.path) === VERSIONS[name]
            ? ''
            : `${name} is ${versionOf(name, found.path)}, the list is for ${VERSIONS[name]}`;
    if (reason !== '')
        context.skip(reason);
    return reason === '';
}
describe('differences to other proxies', () => {
    for (const [name, start] of Object.entries({ nginx: startNginx, haproxy: startHaproxy })) {
        it(`${name}: those that are listed, and no other`, async (context) => {
            if (!(await available(context, name)))
                return;
            const proxy = await start(origin.port);
            assert.ok(!('missing' in proxy));
            const theirs = await outcomes(proxy.port).finally(proxy.stop);
            const listed = listedFor(name);
            const unlisted = [];
            for (const [id, outcome] of ours) {
                const other = theirs.get(id);
                const verdict = other === outcome ? undefined : verdictOf(outcome, other);
                if (verdict !== listed.get(id))
                    unlisted.push(`${id}: Octopus ${outcome}; ${name} ${other}; listed ${listed.get(id)}`);
            }
            assert.deepEqual(unlisted, []);
        });
    }
    it('each case is listed once', () => {
        for (const name of Object.keys(VERSIONS)) {
            const ids = DIFFERENCES.filter(({ verdicts }) => verdicts[name]).flatMap(({ cases }) => cases);
            assert.equal(listedFor(name).size, ids.length);
            for (const id of ids)
                assert.ok(ours.has(id), `${id} is no case`);
        }
    });
});
function listedFor(name) {
    const listed = new Map();
    for (const { cases, verdicts } of DIFFERENCES) {
        const verdict = verdicts[name];
        if (verdict)
            for (const id of cases)
                listed.set(id, verdict);
    }
    return listed;
}
//# sourceMappingURL=differential.test.js.map