import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import net from 'node:net';
import { test } from 'node:test';
import { eventually } from '../support/gateway.ts';

const PORTS = [4101, 4102, 4103, 8080, 9090];

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

async function someTaken(): Promise<boolean> {
  return (await Promise.all(PORTS.map(isFree))).includes(false);
}

/** The gateway may wait for what is in flight. */
function allFree(): Promise<unknown> {
  return eventually(async () => !(await someTaken()), 'all ports to be free', 60_000);
}

function start() {
  const child = spawn(process.execPath, ['scripts/start.mjs'], { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  }
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  return { child, exited, output: () => output };
}

/** The service that the printed lines add and stop, and its description in the merged document. */
async function comesAndGoes(command: string): Promise<void> {
  const url = command.replace(/^\s*curl /, '').replace('localhost', '127.0.0.1');
  const status = async () => (await fetch(url)).status;
  const described = async () => {
    const document = (await (await fetch('http://127.0.0.1:9090/_/openapi.json')).json()) as {
      paths: object;
    };
    return Object.keys(document.paths).includes('/hello/greetings/{who}');
  };
  assert.equal(await status(), 404);
  const service = spawn(process.execPath, ['examples/services/hello.mjs'], { stdio: 'inherit' });
  const ended = new Promise((resolve) => service.once('exit', resolve));
  try {
    await eventually(async () => (await status()) === 200, 'the third service to be there');
    assert.ok(await described());
  } finally {
    service.kill('SIGINT');
  }
  await ended;
  await eventually(async () => (await status()) === 404, 'the third service to be gone');
  assert.ok(!(await described()));
}

test('npm start: what it prints works, Ctrl-C stops everything, a port in use is named', async (t) => {
  if (await someTaken()) return t.skip(`one of the ports ${PORTS.join(', ')} is in use`);

  const run = start();
  t.after(() => run.child.kill('SIGKILL'));
  await eventually(
    async () => {
      assert.equal(run.child.exitCode, null, run.output());
      return /Ctrl-C stops everything/.test(run.output());
    },
    'npm start to be ready',
    60_000,
  );
  const commands = run.output().match(/^ {2}curl .*$/gm) ?? [];
  assert.equal(commands.length, 4);
  const third = commands.pop() ?? '';
  for (const command of commands) {
    const [, data, url = ''] = /curl (?:-d (\S+) )?'?(http:[^']+)'?$/.exec(command) ?? [];
    const init = data === undefined ? {} : { method: 'POST', body: data };
    const response = await fetch(url.replace('localhost', '127.0.0.1'), init);
    const text = await response.text();
    assert.equal(response.status, 200, `${command}: ${text}`);
    JSON.parse(text);
  }

  // The reference page may try out what it shows.
  const headers = { origin: 'http://localhost:9090' };
  const tried = await fetch('http://127.0.0.1:8080/users/1', { headers });
  assert.equal(tried.headers.get('access-control-allow-origin'), headers.origin);

  await comesAndGoes(third);

  const second = start();
  assert.equal(await second.exited, 1);
  assert.match(second.output(), /8080, wanted by the gateway/);
  assert.match(second.output(), /change the port/);

  run.child.kill('SIGINT');
  assert.equal(await run.exited, 0);
  await allFree();
});

const SIGNALS = ['SIGTERM', 'SIGKILL'] as const;
for (const signal of SIGNALS) {
  test(`npm start: nothing outlives npm (${signal})`, { timeout: 120_000 }, async (t) => {
    if (await someTaken()) return t.skip(`one of the ports ${PORTS.join(', ')} is in use`);

    // As npm does it; with a second command no shell replaces itself by the first.
    const shell = spawn('sh', ['-c', `'${process.execPath}' scripts/start.mjs; exit 1`], { stdio: 'ignore' });
    t.after(() => shell.kill('SIGKILL'));
    await eventually(async () => !(await isFree(9090)), 'the gateway to listen', 60_000);
    shell.kill(signal);
    await allFree();
  });
}

test('npm start: nothing outlives its script', { timeout: 120_000 }, async (t) => {
  if (await someTaken()) return t.skip(`one of the ports ${PORTS.join(', ')} is in use`);

  const run = start();
  t.after(() => run.child.kill('SIGKILL'));
  await eventually(async () => !(await isFree(9090)), 'the gateway to listen', 60_000);
  run.child.kill('SIGKILL');
  await allFree();
});
