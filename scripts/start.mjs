// npm start: builds if needed, then runs two sample services and the gateway with config/quickstart.yaml until Ctrl-C.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import path from 'node:path';
import { ensureBuilt, root } from './fresh.mjs';

const PORTS = {
  4101: 'the sample service "users"',
  4102: 'the sample service "echo"',
  8080: 'the gateway (server.http_port in config/quickstart.yaml)',
  9090: 'the admin API (admin.address in config/quickstart.yaml)',
};
const READY_PATIENCE = 20_000;
const END_WITH_PARENT = new URL('./end-with-parent.mjs', import.meta.url).href;

/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set();
/** @type {import('node:child_process').ChildProcess | undefined} */
let gateway;
let stopping = false;

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => stop(0));
// `npm start & kill $!` ends npm and its shell alone.
const parent = process.ppid;
setInterval(() => {
  if (!stopping && process.ppid !== parent) stop(0);
}, 500).unref();

await requireFreePorts();
const dist = ensureBuilt();
run('users', 'examples/services/users.mjs', { PORT: '4101' });
run('echo', 'examples/services/echo.mjs', { PORT: '4102' });
gateway = run('gateway', path.join(dist, 'src', 'cli', 'main.js'), {}, [
  'run',
  '-c',
  'config/quickstart.yaml',
]);
await untilReady();
if (!stopping) {
  console.log(`
Octopus is ready. Try:

  curl http://localhost:8080/users/1
  curl -d hello 'http://localhost:8080/echo/anything?x=1'
  curl http://localhost:9090/_/services

The services announced themselves: no route stands in config/quickstart.yaml. Their API: http://localhost:9090/_/docs
Add a third one from another terminal, use it, stop it with Ctrl-C, and it is gone:

  node examples/services/hello.mjs
  curl http://localhost:8080/hello/greetings/Ada

Metrics: http://localhost:9090/metrics
Ctrl-C stops everything.
`);
}

async function requireFreePorts() {
  const taken = [];
  for (const [port, owner] of Object.entries(PORTS))
    if (!(await isFree(Number(port)))) taken.push(`  ${port}, wanted by ${owner}`);
  if (taken.length === 0) return;
  const [first = ''] = taken.map((line) => line.trim().split(',')[0]);
  console.error(`These ports are in use by another program:\n${taken.join('\n')}
Stop it ("ss -ltnp sport = :${first}" or "lsof -i :${first}" shows which one it is) or change the port, then start again.`);
  process.exit(1);
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => server.close(() => resolve(true)));
  });
}

function run(name, script, env, args = []) {
  // A process group of its own: Ctrl-C in a terminal reaches this process alone, which then stops the others in order.
  const child = spawn(process.execPath, ['--import', END_WITH_PARENT, script, ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['pipe', 'inherit', 'inherit'],
    detached: true,
  });
  children.add(child);
  child.on('exit', (code, signal) => {
    children.delete(child);
    if (stopping) return;
    console.error(`${name} ended with ${signal ?? `exit code ${code}`}`);
    stop(1);
  });
  return child;
}

async function untilReady() {
  const deadline = performance.now() + READY_PATIENCE;
  while (!stopping) {
    const [ready, list] = await Promise.all(['ready', 'services'].map(admin));
    const serving =
      list?.services?.filter(({ state, routes }) => state === 'serving' && routes.openapi > 0) ?? [];
    if (ready?.ready === true && serving.length === 2) return;
    if (performance.now() > deadline) {
      console.error(`the gateway was not ready within ${READY_PATIENCE / 1000} s`);
      return stop(1);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** The gateway finishes what is in flight before its services go. A second Ctrl-C does not wait. */
function stop(code) {
  if (stopping) for (const child of children) child.kill('SIGKILL');
  if (stopping) return;
  stopping = true;
  gateway?.kill('SIGTERM');
  const check = setInterval(() => {
    if (gateway && children.has(gateway)) return;
    for (const child of children) child.kill('SIGTERM');
    if (children.size > 0) return;
    clearInterval(check);
    process.exit(code);
  }, 20);
}

process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/** @param {string} name */
async function admin(name) {
  try {
    return await (await fetch(`http://127.0.0.1:9090/_/${name}`)).json();
  } catch {
    return null;
  }
}
