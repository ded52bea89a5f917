import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorFields, Logger } from './logger.js';
const folder = mkdtempSync(path.join(tmpdir(), 'octopus-log-'));
after(() => rmSync(folder, { recursive: true }));
let files = 0;
function toFile(options = {}) {
    const file = path.join(folder, `log-${files++}`);
    const fd = openSync(file, 'w');
    const logger = new Logger({ level: 'info', format: 'json', fd, ...options });
    const lines = async () => {
        await logger.close();
        closeSync(fd);
        return readFileSync(file, 'utf8').split('\n').slice(0, -1);
    };
    return { logger, lines };
}
/** A pipe whose reader reads only when told to. */
function pipe() {
    const file = path.join(folder, `pipe-${files++}`);
    execFileSync('mkfifo', [file]);
    const reader = openSync(file, constants.O_RDWR | constants.O_NONBLOCK);
    const writer = openSync(file, 'w');
    const buffer = Buffer.alloc(1024 * 1024);
    const read = () => {
        try {
            return buffer.toString('utf8', 0, readSync(reader, buffer));
        }
        catch (error) {
            if (error.code === 'EAGAIN')
                return '';
            throw error;
        }
    };
    return { writer, reader, read };
}
test('lines are JSON with timestamp, level, message and the fields', async () => {
    const { logger, lines } = toFile({ level: 'debug' });
    const before = Date.now();
    logger.debug('one');
    logger.info('two', { worker: 3, path: '/a"b\n', ok: true, nothing: null });
    logger.log('error', '100% of %s');
    const [one, two, three] = (await lines()).map((line) => JSON.parse(line));
    assert.equal(one.level, 'debug');
    assert.equal(one.message, 'one');
    assert.ok(Date.parse(one.timestamp) >= before && Date.parse(one.timestamp) <= Date.now());
    assert.match(one.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    assert.deepEqual({ ...two, timestamp: '' }, {
        level: 'info',
        timestamp: '',
        worker: 3,
        path: '/a"b\n',
        ok: true,
        nothing: null,
        message: 'two',
    });
    assert.equal(three.message, '100% of %s');
});
test('a field cannot take the place of timestamp, level or message', async () => {
    const { logger, lines } = toFile();
    logger.info('real', { message: 'false', level: 'error', timestamp: 'never' });
    const [line = ''] = await lines();
    assert.equal(line.match(/"message":/g)?.length, 1);
    const fields = JSON.parse(line);
    assert.equal(fields.message, 'real');
    assert.equal(fields.level, 'info');
    assert.equal(fields.field_message, 'false');
});
test('the level can change at run time and does not concern the access log', async () => {
    const { logger, lines } = toFile();
    logger.debug('no 1');
    logger.level = 'debug';
    logger.debug('yes 1');
    logger.level = 'error';
    logger.warn('no 2');
    logger.writeAccess('{"message":"request"}\n');
    logger.error('yes 2');
    assert.deepEqual((await lines()).map((line) => JSON.parse(line).message), ['yes 1', 'request', 'yes 2']);
});
test('text format, also for access lines, and switched at run time', async () => {
    const { logger, lines } = toFile({ format: 'text' });
    logger.info('hello', { a: 1 });
    logger.writeAccess('{"timestamp":"2026-01-02T03:04:05.006Z","level":"info","message":"request","method":"GET","path":"/","status":200,"duration_ms":1}\n'.repeat(2));
    logger.setFormat('json');
    logger.info('bye');
    const [hello, first, second, bye] = await lines();
    assert.match(hello, /^\d\d:\d\d:\d\d\.\d{3} INFO {2}hello a=1$/);
    assert.equal(first, '03:04:05.006 INFO  GET / 200 1ms');
    assert.equal(second, first);
    assert.equal(JSON.parse(bye).message, 'bye');
});
test('errors become fields', () => {
    assert.deepEqual(errorFields(new Error('broken')), { error: 'broken' });
    assert.match(String(errorFields(new Error('broken'), true)['stack']), /at /);
    assert.deepEqual(errorFields('text'), { error: 'text' });
});
test('a slow reader costs lines, not memory nor time; the count of lost lines is logged when it goes on', async () => {
    const { writer, reader, read } = pipe();
    let dropped = 0;
    const logger = new Logger({
        level: 'info',
        format: 'json',
        fd: writer,
        maxQueued: 300_000,
        onDrop: (lines) => (dropped += lines),
    });
    const batch = `{"message":"request","pad":"${'x'.repeat(480)}"}\n`.repeat(100);
    let slowest = 0;
    for (let count = 0; count < 100; count++) {
        const before = performance.now();
        logger.writeAccess(batch);
        slowest = Math.max(slowest, performance.now() - before);
        if (count % 10 === 0)
            await sleep(1);
    }
    assert.ok(slowest < 1_000, `a call took ${slowest} ms`);
    assert.ok(dropped > 9_000, `${dropped} of 10,000 lines dropped`);
    let text = '';
    const deadline = Date.now() + 10_000;
    while (!text.includes('were dropped') && Date.now() < deadline) {
        text += read();
        await sleep(1);
    }
    const lines = text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    const notice = lines.pop();
    assert.equal(notice.lines, dropped);
    assert.equal(lines.length + dropped, 10_000);
    await logger.close();
    closeSync(writer);
    closeSync(reader);
});
test('everything arrives in order when the reader keeps up', async () => {
    const { writer, reader, read } = pipe();
    const logger = new Logger({ level: 'info', format: 'json', fd: writer });
    let text = '';
    for (let count = 0; count < 5_000; count++) {
        logger.info('line', { count, pad: 'x'.repeat(200) });
        if (count % 500 === 0) {
            await sleep(1);
            text += read();
        }
    }
    const closed = logger.close(10_000);
    let isClosed = false;
    void closed.then(() => (isClosed = true));
    while (!isClosed) {
        text += read();
        await sleep(1);
    }
    text += read();
    const counts = text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).count);
    assert.deepEqual(counts, Array.from({ length: 5_000 }, (_, count) => count));
    closeSync(writer);
    closeSync(reader);
});
test('a reader that goes away does not end the process', async () => {
    const { writer, reader } = pipe();
    let dropped = 0;
    const logger = new Logger({
        level: 'info',
        format: 'json',
        fd: writer,
        onDrop: (lines) => (dropped += lines),
    });
    closeSync(reader);
    for (let count = 0; count < 10; count++) {
        logger.info('nobody reads this');
        await sleep(2);
    }
    assert.equal(dropped, 10);
    await logger.close();
    closeSync(writer);
});
test('a process with a stuck reader can still exit', async () => {
    const { writer, reader } = pipe();
    const source = `
    import(${JSON.stringify(new URL('./logger.js', import.meta.url).href)}).then(async ({ Logger }) => {
      const logger = new Logger({ level: 'info', format: 'json' });
      for (let count = 0; count < 2000; count++) logger.info('x'.repeat(500));
      setTimeout(async () => { await logger.close(200); process.exit(7); }, 100);
    });`;
    const child = spawn(process.execPath, ['-e', source], { stdio: ['ignore', writer, 'inherit'] });
    const code = await Promise.race([
        new Promise((resolve) => child.once('exit', (exitCode) => resolve(exitCode))),
        sleep(10_000, 'hangs', { ref: false }),
    ]);
    child.kill('SIGKILL');
    assert.equal(code, 7);
    closeSync(writer);
    closeSync(reader);
});
test('the pipe stays blocking for the other processes that share it', async () => {
    const { writer, reader } = pipe();
    const logger = new Logger({ level: 'info', format: 'json', fd: writer });
    logger.info('line');
    await logger.close();
    const flags = readFileSync(`/proc/self/fdinfo/${writer}`, 'utf8');
    const octal = Number.parseInt(/^flags:\s*(\d+)$/m.exec(flags)[1], 8);
    assert.equal(octal & constants.O_NONBLOCK, 0);
    closeSync(writer);
    closeSync(reader);
});
test('standard output may be a socket, as under systemd', async () => {
    const file = path.join(folder, 'socket');
    const server = createServer().listen(file);
    const connection = new Promise((resolve) => server.once('connection', resolve));
    const client = connect(file);
    const peer = await connection;
    let text = '';
    peer.on('data', (chunk) => (text += chunk));
    // The handle's descriptor is not public, so the child gets the socket as its standard output.
    const source = `
    import(${JSON.stringify(new URL('./logger.js', import.meta.url).href)}).then(async ({ Logger }) => {
      const logger = new Logger({ level: 'info', format: 'json' });
      for (let count = 0; count < 1000; count++) logger.info('x'.repeat(500), { count });
      await logger.close(5000);
      process.exit(7);
    });`;
    const child = spawn(process.execPath, ['-e', source], { stdio: ['ignore', client, 'inherit'] });
    const code = await new Promise((resolve) => child.once('exit', resolve));
    client.destroy();
    server.close();
    await new Promise((resolve) => (peer.destroyed ? resolve(0) : peer.once('close', resolve)));
    assert.equal(code, 7);
    assert.equal(text.trim().split('\n').length, 1000);
});
//# sourceMappingURL=logger.test.js.map