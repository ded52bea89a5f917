/**
 * What each built-in adds to a request: processor time of its hooks over a head of ten fields, beside the same exchange
 * without plugin. The budget is 1 µs for plugins that do not touch bodies.
 */
import { performance } from 'node:perf_hooks';
import { HeaderBlock } from '../src/http/header-block.ts';
import type { PluginDefinition, PluginExchange, PluginHooks, PluginResponse } from '../src/plugins/api.ts';
import { findBuiltin } from '../src/plugins/builtin/registry.ts';
import { makeExchange, setUpPlugin, TestContext } from '../src/plugins/testing.ts';
import { LIMIT_BYTES } from '../src/shared/limit-cells.ts';
import { MemoryLimitStore } from '../src/state/memory-limit-store.ts';
import { REQUEST_LINES, RESPONSE_LINES, section } from './support/messages.ts';

const BUDGET_NS = 1000;
const EXCHANGES = 10_000;
const ROUNDS = 25;

const REQUEST_HEAD = section(REQUEST_LINES);
const RESPONSE_HEAD = section(RESPONSE_LINES);

const CASES: readonly (readonly [name: string, config: unknown])[] = [
  ['request-id', {}],
  ['request-id', { generator: 'hex', header: 'X-Correlation-Id' }],
  ['cors', {}],
  [
    'cors',
    { origins: ['https://app.example.com', 'https://*.example.org'], credentials: true, expose: ['X-Total'] },
  ],
  [
    'headers',
    { request: { set: { 'X-Env': 'prod' }, remove: ['X-Debug'] }, response: { remove: ['Server'] } },
  ],
  ['headers', { request: { set: { 'X-Client': '{client_ip}', 'X-Path': '{path}' } } }],
  ['rate-limit', { limit: 16_000_000, window: '1s' }],
  [
    'rate-limit',
    { limit: 16_000_000, window: '1s', key: ['route', 'header:x-api-key'], algorithm: 'sliding-window' },
  ],
  ['basic-auth', { users: [{ username: 'alice', password: 'open sesame' }] }],
  ['ip-filter', { deny: Array.from({ length: 1000 }, (_, i) => `10.${i >> 8}.${i & 255}.0/25`) }],
  ['ip-filter', { allow: ['203.0.113.0/24', '2001:db8::/32'] }],
];

/** One exchange with fresh heads, as the engine makes them. */
class Subject {
  readonly #request = new HeaderBlock();
  readonly #response = new HeaderBlock();
  readonly #exchange: PluginExchange;
  readonly #answer: PluginResponse;
  #sink = 0;

  constructor() {
    const exchange = makeExchange({ path: '/users/7', params: { id: '7' } });
    this.#exchange = { ...exchange, request: { ...exchange.request, headers: this.#request } };
    this.#answer = { status: 200, hasBody: true, local: false, headers: this.#response };
  }

  async warmUp(hooks: PluginHooks): Promise<void> {
    this.#scan();
    await hooks.onRequest?.(this.#exchange);
  }

  run(hooks: PluginHooks): void {
    for (let i = 0; i < EXCHANGES; i++) {
      this.#scan();
      this.#exchange.locals.clear();
      if (hooks.onRequest?.(this.#exchange) !== undefined)
        throw new Error('the plugin did not let the request pass');
      if (hooks.onResponse?.(this.#exchange, this.#answer) !== undefined)
        throw new Error('the response was replaced');
      this.#sink += this.#request.count;
    }
  }

  #scan(): void {
    this.#request.scan(REQUEST_HEAD, 0, 100);
    this.#response.scan(RESPONSE_HEAD, 0, 100);
  }
}

/** Nanoseconds of processor time that one exchange takes. */
function timed(subject: Subject, hooks: PluginHooks): number {
  const before = process.cpuUsage().user;
  subject.run(hooks);
  return ((process.cpuUsage().user - before) * 1000) / EXCHANGES;
}

/** The best rounds with and without the plugin, in turns: what else the machine does can only add. */
function measure(subject: Subject, hooks: PluginHooks): number {
  let bare = Number.POSITIVE_INFINITY;
  let full = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    bare = Math.min(bare, timed(subject, {}));
    full = Math.min(full, timed(subject, hooks));
  }
  return full - bare;
}

const store = new MemoryLimitStore(new SharedArrayBuffer(LIMIT_BYTES));
const started = performance.now();
let slow = 0;
console.log('built-in plugins, ns of processor time per request (budget 1000)');
for (const [name, config] of CASES) {
  const subject = new Subject();
  const hooks = await setUpPlugin(
    findBuiltin(name) as PluginDefinition,
    config,
    new TestContext(name, store),
  );
  await subject.warmUp(hooks);
  const cost = measure(subject, hooks);
  if (cost > BUDGET_NS) slow++;
  const options = JSON.stringify(config);
  console.log(
    `${cost.toFixed(0).padStart(6)}  ${name}  ${options.length > 90 ? `${options.slice(0, 87)}...` : options}`,
  );
}
console.log(`${((performance.now() - started) / 1000).toFixed(1)} s`);
process.exitCode = slow > 0 ? 1 : 0;
