import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync, } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { FileWatch } from './file-watch.js';
const ignore = () => { };
const log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function setUp(t, prepare, options = {}) {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'octopus-watch-'));
    let changes = 0;
    const paths = prepare(folder);
    await sleep(50);
    const watch = await FileWatch.start({ paths, log, settle: 60, onChange: () => void changes++, ...options }, Date.now());
    t.after(() => {
        watch.close();
        rmSync(folder, { recursive: true, force: true });
    });
    return { folder, count: () => changes, watch };
}
async function until(what, patience = 3_000) {
    const deadline = performance.now() + patience;
    while (!what()) {
        assert.ok(performance.now() < deadline, `waited too long for ${what}`);
        await sleep(5);
    }
}
const oneFile = (folder) => {
    const file = path.join(folder, 'octopus.yaml');
    writeFileSync(file, 'a: 1\n');
    return [file];
};
test('a file written in place is told once', async (t) => {
    const { folder, count } = await setUp(t, oneFile);
    writeFileSync(path.join(folder, 'octopus.yaml'), 'a: 2\n');
    await until(() => count() === 1);
    await sleep(200);
    assert.equal(count(), 1);
});
test('a file replaced by renaming is told, again and again', async (t) => {
    const { folder, count } = await setUp(t, oneFile);
    for (let round = 1; round <= 3; round++) {
        writeFileSync(path.join(folder, 'new'), `a: ${round + 1}\n`);
        renameSync(path.join(folder, 'new'), path.join(folder, 'octopus.yaml'));
        await until(() => count() === round);
    }
});
test('a file written in many pieces is told when it has come to rest', async (t) => {
    const { folder, count } = await setUp(t, oneFile, { settle: 400 });
    const file = path.join(folder, 'octopus.yaml');
    writeFileSync(file, '');
    for (let piece = 0; piece < 10; piece++) {
        await sleep(20);
        appendFileSync(file, `key${piece}: 1\n`);
        assert.equal(count(), 0);
    }
    await until(() => count() === 1);
});
test('a Kubernetes ConfigMap update, a swap of the ..data link, is told', async (t) => {
    const { folder, count } = await setUp(t, (place) => {
        mkdirSync(path.join(place, '..1'));
        writeFileSync(path.join(place, '..1', 'octopus.yaml'), 'a: 1\n');
        symlinkSync('..1', path.join(place, '..data'));
        symlinkSync('..data/octopus.yaml', path.join(place, 'octopus.yaml'));
        return [place];
    });
    mkdirSync(path.join(folder, '..2'));
    writeFileSync(path.join(folder, '..2', 'octopus.yaml'), 'a: 2\n');
    symlinkSync('..2', path.join(folder, '..new'));
    renameSync(path.join(folder, '..new'), path.join(folder, '..data'));
    await until(() => count() >= 1);
});
test('a new file in a directory, and the directory made anew, are told', async (t) => {
    const { folder, count } = await setUp(t, (place) => {
        const directory = path.join(place, 'conf.d');
        mkdirSync(directory);
        writeFileSync(path.join(directory, 'a.yaml'), 'a: 1\n');
        return [directory];
    });
    const directory = path.join(folder, 'conf.d');
    writeFileSync(path.join(directory, 'b.yaml'), 'b: 1\n');
    await until(() => count() === 1);
    rmSync(directory, { recursive: true });
    await until(() => count() === 2);
    mkdirSync(directory);
    writeFileSync(path.join(directory, 'a.yaml'), 'a: 2\n');
    await until(() => count() === 3);
    writeFileSync(path.join(directory, 'a.yaml'), 'a: 33\n');
    await until(() => count() === 4);
});
test('a neighbour of the file is no change, and a file that never rests is told all the same', async (t) => {
    const { folder, count } = await setUp(t, oneFile);
    writeFileSync(path.join(folder, 'other.txt'), 'x');
    await sleep(200);
    assert.equal(count(), 0);
    const scribble = setInterval(() => appendFileSync(path.join(folder, 'octopus.yaml'), '#\n'), 15);
    t.after(() => clearInterval(scribble));
    await until(() => count() === 1);
});
test('changes are found by polling where no event comes', async (t) => {
    const target = mkdtempSync(path.join(os.tmpdir(), 'octopus-far-'));
    t.after(() => rmSync(target, { recursive: true, force: true }));
    const file = path.join(target, 'octopus.yaml');
    writeFileSync(file, 'a: 1\n');
    // The link's own directory is watched, not that of its target: a write in place sends no event there.
    const { count } = await setUp(t, (folder) => {
        mkdirSync(path.join(folder, 'x'));
        symlinkSync(target, path.join(folder, 'x', 'deep'));
        symlinkSync('x/deep/octopus.yaml', path.join(folder, 'octopus.yaml'));
        return [path.join(folder, 'octopus.yaml')];
    }, { interval: 100 });
    rmSync(file);
    writeFileSync(file, 'a: 2222\n');
    await until(() => count() >= 1);
});
test('after setPaths the new files count and the old ones do not', async (t) => {
    const { folder, count, watch } = await setUp(t, oneFile);
    const other = path.join(folder, 'other.yaml');
    writeFileSync(other, 'b: 1\n');
    await sleep(50);
    await watch.setPaths([other], Date.now());
    writeFileSync(path.join(folder, 'octopus.yaml'), 'a: 7\n');
    await sleep(200);
    assert.equal(count(), 0);
    writeFileSync(other, 'b: 2222\n');
    await until(() => count() === 1);
});
test('what changed between the reading and setPaths is told', async (t) => {
    const { folder, count, watch } = await setUp(t, oneFile);
    const other = path.join(folder, 'other.yaml');
    const readAt = Date.now();
    writeFileSync(other, 'b: 1\n');
    await watch.setPaths([other], readAt);
    await until(() => count() === 1);
    await sleep(200);
    assert.equal(count(), 1);
});
//# sourceMappingURL=file-watch.test.js.map