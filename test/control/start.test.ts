/** Starting and refusing to start: exit codes, messages, time to the first answer. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it, test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { atBest } from '../support/at-best.ts';
import { crowding } from '../support/crowding.ts';
import { startGateway } from '../support/gateway.ts';
import { reservePort } from '../support/ports.ts';

const CLI = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

interface Outcome {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

let folder: string;
before(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'octopus-start-'));
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** Runs the command to its end; for a gateway that is meant not to start. */
function octopus(...args: string[]): Outcome {
  const { status, stdout, stderr } = spawnSync(process.execPath, [CLI, ...args], {
    encoding: 'utf8',
    timeout: 60_000,
    cwd: folder,
  });
  return { code: status, out: stdout, err: stderr };
}

function configFile(text: string): string {
  const file = path.join(folder, 'octopus.test.yaml');
  writeFileSync(file, text);
  return file;
}

const ROUTES = 'routes: [{ path: /, respond: { body: hello } }]';

describe('octopus run exits', () => {
  it('with 1 and every problem when the configuration is refused', () => {
    const file = configFile('servr: {}\nroutes:\n  - { path: /a, upstream: nowhere }\n');
    const { code, out, err } = octopus('run', '-c', file);
    assert.equal(code, 1);
    assert.equal(out, '');
    assert.match(err, /octopus\.test\.yaml:1:1: .*servr.*server/);
    assert.match(err, /octopus\.test\.yaml:3:\d+: .*nowhere/);
    assert.match(err, /configuration is refused/);
  });

  it('with 1 when a file is missing', () => {
    const { code, err } = octopus('-c', path.join(folder, 'missing.yaml'));
    assert.equal(code, 1);
    assert.match(err, /missing\.yaml: .*no such file/);
  });

  it('with 1 when a plugin cannot be set up, naming the plugin', () => {
    writeFileSync(
      path.join(folder, 'broken.mjs'),
      `export const plugin = { name: 'broken', version: '1', config: { safeParse: (data) => ({ success: true, data }) },
        setup() { throw new Error('no database'); } };`,
    );
    const file = configFile(
      `server: { http_port: 0, admin_port: 0, host: 127.0.0.1 }\nplugins: [{ name: broken, path: ./broken.mjs }]\nroutes: [{ path: /, middleware: [broken], respond: { body: x } }]\n`,
    );
    const { code, err } = octopus('run', '-c', file);
    assert.equal(code, 1, err);
    assert.match(err, /broken.*no database/);
  });

  for (const [owner, key] of [
    ['HTTP', 'http_port'],
    ['admin', 'admin_port'],
  ] as const) {
    it(`with 3 when the ${owner} port is in use, and says which one`, async () => {
      const port = await reservePort();
      const [other, another] = [await reservePort(), await reservePort()];
      const holder = net.createServer().listen(port.port, '127.0.0.1');
      await new Promise((resolve) => holder.once('listening', resolve));
      try {
        const ports = { http_port: other.port, admin_port: another.port, [key]: port.port };
        const file = configFile(
          `server: { host: 127.0.0.1, http_port: ${ports.http_port}, admin_port: ${ports.admin_port} }\n${ROUTES}\n`,
        );
        const { code, err } = octopus('run', '-c', file);
        assert.equal(code, 3, err);
        assert.match(
          err,
          new RegExp(`cannot listen on 127\\.0\\.0\\.1:${port.port}: another process uses port ${port.port}`),
        );
      } finally {
        holder.close();
        port.release();
        other.release();
        another.release();
      }
    });
  }

  it('with 2 on wrong usage', () => {
    for (const [args, message] of [
      [['run', '--wrokers', '2'], /unknown option --wrokers; did you mean --workers\?/],
      [['run', '--workers', '0'], /--workers 0: expected auto or a number from 1/],
      [['run', '--workers', 'many'], /expected auto or a number/],
      [['run', '--engine', 'nginx'], /--engine nginx: expected one of builtin/],
      [['run', '--log-level', 'loud'], /--log-level loud: expected one of debug/],
      [['run', '-c'], /-c/],
      [['rnu'], /unknown command "rnu"; did you mean "run"\?/],
      [['octopus.yaml'], /did you mean: octopus run -c octopus\.yaml/],
      [['version', 'now'], /unexpected argument "now"/],
      [['validate', 'octopus.yaml'], /unexpected argument .*; did you mean: -c octopus\.yaml\?/],
      [['-c', 'a.yaml', 'validate'], /the command comes first: octopus validate/],
      [['run'], /no configuration: .*-c FILE_OR_DIR/],
    ] as const) {
      const { code, out, err } = octopus(...args);
      assert.equal(code, 2, `${args.join(' ')}: ${err}`);
      assert.equal(out, '');
      assert.match(err, message);
      assert.match(err, /See: octopus .*--help/);
    }
  });
});

test('every command has --help, and --help lists every command', () => {
  const overview = octopus('--help');
  assert.equal(overview.code, 0);
  for (const name of ['run', 'validate', 'routes', 'explain', 'schema', 'version']) {
    assert.match(overview.out, new RegExp(`^  ${name} `, 'm'));
    const { code, out, err } = octopus(name, '--help');
    assert.equal(code, 0, err);
    assert.match(out, /^Usage: octopus /);
    assert.deepEqual(octopus('help', name), { code, out, err });
  }
});

test('octopus version costs little more than node itself', async () => {
  const version = (JSON.parse(readFileSync('package.json', 'utf8')) as { version: string }).version;
  const hook = path.join(folder, 'cpu.cjs');
  writeFileSync(
    hook,
    `process.on('exit', () => {
      const { user, system } = process.cpuUsage();
      require('node:fs').writeSync(2, String((user + system) / 1000));
    });`,
  );
  // CPU time: other tests run at the same time and would be part of the time on the clock.
  const cpu = (args: readonly string[]) => {
    const { stdout, stderr } = spawnSync(process.execPath, ['--require', hook, ...args], {
      encoding: 'utf8',
    });
    return { milliseconds: Number(stderr), stdout };
  };
  const own = Math.min(...[0, 0, 0].map(() => cpu(['-e', '0']).milliseconds));
  await atBest(50, async () => {
    const { stdout, milliseconds } = cpu([CLI, 'version']);
    assert.match(stdout, new RegExp(`^octopus ${version.replaceAll('.', '\\.')} `));
    return milliseconds - own;
  });
});

test('the first request is answered within a second of the start', async (t) => {
  const port = await reservePort();
  const file = path.join(folder, 'quick.yaml');
  writeFileSync(
    file,
    `server: { host: 127.0.0.1, http_port: ${port.port}, workers: 2 }\nadmin: { enabled: false }\n${ROUTES}\n`,
  );
  try {
    await atBest(1_000, async () => {
      const time = await timeToFirstAnswer(file, port.port);
      const factor = crowding();
      t.diagnostic(`first answer after ${time.toFixed()} ms; crowding ${factor.toFixed(2)}`);
      return time / factor;
    });
  } finally {
    port.release();
  }
});

async function timeToFirstAnswer(file: string, port: number): Promise<number> {
  const startedAt = performance.now();
  const child = spawn(process.execPath, [CLI, 'run', '-c', file], { stdio: 'ignore' });
  const exited = new Promise((resolve) => child.once('exit', resolve));
  try {
    for (;;) {
      const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => null);
      const took = performance.now() - startedAt;
      if (answer?.ok) return took;
      assert.ok(took < 20_000, 'no answer');
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  } finally {
    child.kill('SIGTERM');
    await exited;
  }
}

test('the start says what is not active yet, and which ports and workers there are', async (t) => {
  const gateway = await startGateway(
    { observability: { tracing: { enabled: true, endpoint: 'http://127.0.0.1:4317' } } },
    { workers: 2, args: ['--log-level', 'warn'] },
  );
  t.after(() => gateway.stop());
  const line = gateway
    .logLines()
    .find(({ message }) => /Export of traces is not active yet/.test(String(message)));
  assert.equal(line?.['level'], 'warn');
  const louder = await startGateway({}, { workers: 1, args: ['--workers', '2'] });
  t.after(() => louder.stop());
  const ready = await louder.logLine(({ message }) => message === 'ready', 'ready');
  assert.equal(ready['workers'], 2, 'the command line wins over server.workers');
  assert.equal(ready['http'], `http://127.0.0.1:${louder.port}`);
  assert.equal(ready['admin'], `http://127.0.0.1:${louder.adminPort}`);
});

test('an error in the primary thread that nobody expected is logged and ends the process with 1', async (t) => {
  const trap = path.join(folder, 'trap.mjs');
  writeFileSync(
    trap,
    `import { existsSync } from 'node:fs';
     import { isMainThread } from 'node:worker_threads';
     const sprung = new URL('./sprung', import.meta.url);
     if (isMainThread) setInterval(() => { if (existsSync(sprung)) throw new Error('a defect'); }, 20);`,
  );
  const gateway = await startGateway({}, { nodeArgs: ['--import', pathToFileURL(trap).href] });
  t.after(() => gateway.stop('SIGKILL'));
  writeFileSync(path.join(folder, 'sprung'), '');
  assert.deepEqual(await gateway.exited, { code: 1, signal: null });
  const line = gateway.logLines().find(({ error }) => error === 'a defect');
  assert.equal(line?.['level'], 'error');
  assert.match(String(line?.['stack']), /trap\.mjs/);
});
