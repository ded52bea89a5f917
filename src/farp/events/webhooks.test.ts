import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { LogFields } from '../../shared/messages.ts';
import { parseManifest } from '../manifest/parse.ts';
import type { Instance, Service } from '../model.ts';
import { IncomingEvents } from './incoming.ts';
import { signatureOf, verifySignature } from './signature.ts';
import { WebhookSender } from './webhook-sender.ts';
import { type WebhookTarget, webhookTargets } from './webhook-targets.ts';

function instanceOf(id: string, webhook: object, host = '10.0.0.7'): Instance {
  const { manifest, error } = parseManifest({
    ...{ version: '1.1.0', service_name: 'orders', instance_id: id, endpoints: { health: '/h' } },
    webhook,
  });
  assert.equal(error, null);
  return {
    ...{ id, service: 'orders', version: '', host, port: 8080, tls: false, weight: 100, zone: '' },
    ...{ status: 'healthy', tags: [], metadata: {}, provider: 'push', manifest },
  };
}

function serviceOf(...instances: Instance[]): Service {
  return { name: 'orders', instances, manifest: instances[0]?.manifest ?? null, schemas: [] };
}

describe('signatures', () => {
  it('are compared whole, in either case', () => {
    const signature = signatureOf('s', 'body');
    assert.ok(verifySignature('s', 'body', signature.toUpperCase()));
    for (const wrong of [
      '',
      'sha256=',
      signature.slice(0, -1),
      `${signature}0`,
      signature.replace('sha256', 'sha1'),
    ])
      assert.equal(verifySignature('s', 'body', wrong), false, wrong);
  });
});

describe('where webhooks are sent', () => {
  const rules = { allowedHosts: ['hooks.example.com'] };
  const cases: [name: string, url: string, result: string | RegExp][] = [
    ['a path', '/hook', 'http://10.0.0.7:8080/hook'],
    ['its own host, another port', 'http://10.0.0.7:9000/hook', 'http://10.0.0.7:9000/hook'],
    ['localhost', 'http://localhost:9000/hook', 'http://10.0.0.7:9000/hook'],
    ['an allowed host', 'https://hooks.example.com/x', 'https://hooks.example.com/x'],
    ['another host', 'http://evil.example/x', /not the host of the instance/],
    ['the metadata service', 'http://169.254.169.254/latest', /not the host of the instance/],
    ['a file', 'file:///etc/passwd', /not supported|no valid URL/],
  ];
  for (const [name, url, result] of cases) {
    it(name, () => {
      const { targets, refused } = webhookTargets(
        [serviceOf(instanceOf('a', { service_webhook: url }))],
        rules,
      );
      if (typeof result === 'string')
        assert.deepEqual(
          targets.map((target) => target.url.href),
          [result],
        );
      else assert.match(refused.get('orders/a') ?? '', result);
    });
  }

  it('one common place is told once', () => {
    const webhook = { service_webhook: 'https://hooks.example.com/x' };
    const { targets } = webhookTargets(
      [serviceOf(instanceOf('a', webhook), instanceOf('b', webhook))],
      rules,
    );
    assert.equal(targets.length, 1);
  });
});

interface Sent {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

class Bench {
  readonly sent: Sent[] = [];
  readonly sleeps: number[] = [];
  readonly results: string[] = [];
  readonly log: LogFields[] = [];
  readonly sender: WebhookSender;

  constructor(
    targets: readonly WebhookTarget[],
    answer: (sent: Sent, count: number) => number | Promise<number>,
  ) {
    this.sender = new WebhookSender({
      gatewayId: 'gw-1',
      targets: () => targets,
      post: async (url, headers, body) => {
        const sent = { url: url.href, headers, body };
        this.sent.push(sent);
        return answer(sent, this.sent.length);
      },
      log: (_level, _message, fields) => this.log.push(fields),
      onDelivery: (result) => this.results.push(result),
      sleep: async (milliseconds) => {
        this.sleeps.push(milliseconds);
      },
    });
  }
}

function target(changes: Partial<WebhookTarget> = {}): WebhookTarget {
  const retry = { maxAttempts: 4, initialDelay: 1_000, maxDelay: 3_000, multiplier: 2 };
  const url = new URL('http://10.0.0.7:8080/hook');
  return { service: 'orders', instance: 'a', url, secret: 's3cr3t', events: [], retry, ...changes };
}

/** Lets everything that is ready go on. */
async function settle(): Promise<void> {
  for (let i = 0; i < 50; i++) await new Promise((resolve) => setImmediate(resolve));
}

describe('webhooks to services', () => {
  it('are as the specification and the library want them, and signed', async () => {
    const bench = new Bench([target()], () => 200);
    bench.sender.emit('circuit.breaker.open', { reason: 'x' });
    await settle();
    const [{ headers, body, url }] = bench.sent as [Sent];
    assert.equal(url, 'http://10.0.0.7:8080/hook');
    assert.equal(headers['x-farp-event'], 'circuit.breaker.open');
    assert.match(headers['x-farp-delivery']!, /^[0-9a-f]{8}-[0-9a-f]{4}-4/);
    assert.equal(headers['x-farp-signature'], signatureOf('s3cr3t', body));
    const { timestamp, ...rest } = JSON.parse(body);
    assert.ok(Math.abs(timestamp - Date.now() / 1000) < 60);
    assert.deepEqual(rest, {
      ...{ event: 'circuit.breaker.open', type: 'circuit.breaker.open' },
      ...{ source: { gateway_id: 'gw-1' }, data: { reason: 'x' } },
    });
    assert.deepEqual(bench.results, ['delivered']);
  });

  it('without secret are not signed', async () => {
    const bench = new Bench([target({ secret: '' })], () => 204);
    bench.sender.emit('config.updated', {});
    await settle();
    assert.equal(bench.sent[0]?.headers['x-farp-signature'], undefined);
  });

  it('go to those that want them', async () => {
    const url = (path: string) => new URL(`http://h${path}`);
    const bench = new Bench(
      [
        target({ url: url('/all') }),
        target({ url: url('/routes'), events: ['routes.changed'] }),
        target({ url: url('/other'), service: 'other', events: ['*'] }),
      ],
      () => 200,
    );
    bench.sender.emit('config.updated', {});
    bench.sender.emit('routes.changed', {}, 'orders');
    await settle();
    assert.deepEqual(
      bench.sent.map((sent) => `${new URL(sent.url).pathname} ${sent.headers['x-farp-event']}`).sort(),
      ['/all config.updated', '/all routes.changed', '/other config.updated', '/routes routes.changed'],
    );
  });

  it('are tried again under the same id, with growing pauses', async () => {
    const bench = new Bench([target()], (_, count) => {
      if (count === 2) throw new Error('connection refused');
      return count < 4 ? 503 : 200;
    });
    bench.sender.emit('config.updated', {});
    await settle();
    assert.equal(bench.sent.length, 4);
    assert.equal(new Set(bench.sent.map(({ headers }) => headers['x-farp-delivery'])).size, 1);
    [1_000, 2_000, 3_000].forEach((wanted, at) => {
      assert.ok(Math.abs(bench.sleeps[at]! - wanted) <= wanted * 0.2, `${bench.sleeps[at]}`);
    });
    assert.deepEqual(bench.results, ['delivered']);
  });

  it('end when the tries are over, or when the service says no', async () => {
    for (const [status, tries] of [
      [500, 4],
      [429, 4],
      [410, 1],
    ] as const) {
      const bench = new Bench([target()], () => status);
      bench.sender.emit('config.updated', {});
      await settle();
      assert.equal(bench.sent.length, tries);
      assert.deepEqual(bench.results, ['failed']);
      assert.equal(bench.log[0]?.['reason'], `status ${status}`);
    }
  });

  it('come in order, and the oldest are dropped when too many wait', async () => {
    let release: (status: number) => void = () => {};
    const first = new Promise<number>((resolve) => {
      release = resolve;
    });
    const bench = new Bench([target()], (_, count) => (count === 1 ? first : 200));
    for (let i = 0; i < 150; i++) bench.sender.emit('config.updated', { i });
    await settle();
    assert.equal(bench.sent.length, 1);
    release(200);
    for (let i = 0; i < 20; i++) await settle();
    const order = bench.sent.map(({ body }) => JSON.parse(body).data.i as number);
    assert.deepEqual(order, [0, ...Array.from({ length: 100 }, (_, i) => i + 50)]);
    assert.equal(bench.results.filter((result) => result === 'dropped').length, 49);
  });

  it('the last one goes past those that wait, once, and is not waited for long', async () => {
    const bench = new Bench([target()], () => new Promise<number>(() => {}));
    bench.sender.emit('config.updated', {});
    await settle();
    const startedAt = performance.now();
    // The address does not answer and does not even hear the signal.
    await Promise.race([bench.sender.shutdown({}, 50), new Promise((resolve) => setTimeout(resolve, 5_000))]);
    assert.ok(performance.now() - startedAt < 4_000);
    assert.equal(bench.sent.at(-1)?.headers['x-farp-event'], 'gateway.shutdown');
    bench.sender.emit('config.updated', {});
    await settle();
    assert.equal(bench.sent.length, 2);
  });
});

describe('webhooks of services', () => {
  const WEBHOOK = { service_webhook: '/hook', gateway_webhook: '/_farp/v1/events', secret: 's3cr3t' };
  const EVENT = {
    event: 'schema.updated',
    source: { service_name: 'orders' },
    data: { manifest_url: 'http://evil/' },
  };

  function receiver(services: Service[] = [serviceOf(instanceOf('a', WEBHOOK))], acceptUnsigned = false) {
    const refreshed: string[] = [];
    let now = 0;
    const incoming = new IncomingEvents({
      service: (name) => services.find((service) => service.name === name) ?? null,
      refresh: (name) => refreshed.push(name),
      acceptUnsigned: () => acceptUnsigned,
      now: () => now,
    });
    const receive = (document: unknown, headers: Record<string, string> = {}, secret = 's3cr3t') => {
      const text = typeof document === 'string' ? document : JSON.stringify(document);
      const signed = secret === '' ? {} : { 'x-farp-signature': signatureOf(secret, text) };
      const request = { method: 'POST', path: '/_farp/v1/events', peer: '10.0.0.7', admin: false };
      return incoming.receive({ ...request, headers: { ...signed, ...headers }, body: Buffer.from(text) })
        .status;
    };
    const pass = (milliseconds: number) => {
      now += milliseconds;
    };
    return { receive, refreshed, pass };
  }

  it('have the gateway look for itself', () => {
    const { receive, refreshed } = receiver();
    assert.equal(receive(EVENT), 202);
    assert.deepEqual(refreshed, ['orders']);
  });

  it('may have the form of the library', () => {
    const { receive, refreshed } = receiver();
    assert.equal(receive({ type: 'schema.updated', source: 'orders' }), 202);
    assert.equal(receive({ source: 'orders' }, { 'x-farp-event': 'schema.updated' }), 202);
    assert.equal(refreshed.length, 2);
  });

  it('have an effect once', () => {
    const { receive, refreshed, pass } = receiver();
    const delivery = { 'x-farp-delivery': 'd-1' };
    assert.deepEqual([receive(EVENT, delivery), receive(EVENT, delivery)], [202, 200]);
    pass(3_599_000);
    assert.equal(receive(EVENT, delivery), 200);
    pass(2_000);
    assert.equal(receive(EVENT, delivery), 202);
    assert.equal(refreshed.length, 2);
  });

  it('need the signature of the service', () => {
    const { receive, refreshed } = receiver();
    const statuses = [
      receive(EVENT, {}, 'wrong'),
      receive(EVENT, {}, ''),
      receive(EVENT, { 'x-farp-signature': signatureOf('s3cr3t', 'other body') }),
      receive({ ...EVENT, source: { service_name: 'nobody' } }),
    ];
    assert.deepEqual(statuses, [401, 401, 401, 401]);
    assert.deepEqual(refreshed, []);
  });

  it('without a secret are taken only when the configuration says so', () => {
    const services = () => [serviceOf(instanceOf('a', { ...WEBHOOK, secret: '' }))];
    assert.equal(receiver(services()).receive(EVENT, {}, ''), 401);
    assert.equal(receiver(services(), true).receive(EVENT, {}, ''), 202);
    // A service that has a secret has to use it.
    assert.equal(receiver(undefined, true).receive(EVENT, {}, ''), 401);
  });

  it('of a service that never spoke of them are refused', () => {
    const { receive } = receiver([
      serviceOf(instanceOf('a', { service_webhook: '/hook', secret: 's3cr3t' })),
    ]);
    assert.equal(receive(EVENT), 403);
  });

  it('that are no events are refused', () => {
    const { receive } = receiver();
    const statuses = ['{', '[]', '{}', `{"event":"${'x'.repeat(70_000)}"}`].map((text) => receive(text));
    assert.deepEqual(statuses, [400, 400, 400, 413]);
  });

  it('too many of them are slowed down', () => {
    const { receive, pass } = receiver();
    const statuses = Array.from({ length: 121 }, () => receive(EVENT));
    assert.deepEqual([statuses[119], statuses[120]], [202, 429]);
    pass(60_000);
    assert.equal(receive(EVENT), 202);
  });
});
