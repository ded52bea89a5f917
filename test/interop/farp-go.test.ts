/** A service made with the public Go library of the protocol, untouched, registers itself, beats, changes and goes. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { buildGo } from '../support/farp-go.ts';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';

const TOKEN = 'the-token-of-the-go-service';
const folder = mkdtempSync(path.join(os.tmpdir(), 'octopus-farp-go-'));
const program = path.join(folder, 'service');

class Service {
  readonly child: ChildProcess;
  output = '';

  constructor(gateway: Gateway) {
    const args = [`-gateway=http://127.0.0.1:${gateway.port}`, `-token=${TOKEN}`];
    this.child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
  }

  says(word: string): Promise<true> {
    return eventually<true>(async () => {
      if (this.child.exitCode !== null && !this.output.includes(word))
        throw new Error(`it ended: ${this.output}`);
      return this.output.includes(word);
    }, `the service to say "${word}"`);
  }

  async stop(): Promise<number | null> {
    if (this.child.exitCode !== null) return this.child.exitCode;
    const exited = new Promise<number | null>((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    return exited;
  }
}

describe('a Go service', () => {
  const running: Service[] = [];
  const gateways: Gateway[] = [];
  let gateway: Gateway;
  let service: Service;
  let unavailable = '';

  const config = {
    farp: {
      enabled: true,
      watch_interval: '1h',
      push: { auth: { credentials: [{ name: 'go', token: TOKEN, services: ['go-*'] }] } },
    },
  };

  before(async () => {
    const built = await buildGo('service', folder);
    if ('missing' in built) unavailable = built.missing;
    if (unavailable !== '') return;
    gateway = await startGateway(config, { workers: 1 });
    gateways.push(gateway);
    service = new Service(gateway);
    running.push(service);
  });

  after(async () => {
    for (const one of running) one.child.kill('SIGKILL');
    for (const one of gateways) await one.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const skippable = (name: string, test: () => Promise<void>) =>
    it(name, async (context) => {
      if (unavailable === '') await test();
      else context.skip(unavailable);
    });

  async function get(target: string): Promise<string> {
    const response = await fetch(`http://127.0.0.1:${gateway.port}${target}`);
    return `${response.status} ${await response.text()}`;
  }

  const answers = (target: string, wanted: string) =>
    eventually(async () => (await get(target)).startsWith(wanted), `${target} to answer ${wanted}`);

  skippable('registers itself, and its routes are there', async () => {
    await service.says('registered');
    await answers('/go-orders/orders', '200 go /orders');
    await answers('/go-orders/orders/7', '200 go /orders/7');
    assert.match(await get('/go-orders/_farp/manifest'), /^404/);
  });

  skippable('has a schema whose hash is right', () => {
    const wrong = gateway.logLines().filter(({ message, detail }) => /hash/i.test(`${message} ${detail}`));
    assert.deepEqual(wrong, []);
    return Promise.resolve();
  });

  skippable(
    'beats, and is content with the checksum that it hears: it does not register again and again',
    async () => {
      const count = async (event: string) =>
        (await gateway.metrics()).sum('octopus_farp_push_events_total', { event });
      // The first heartbeats may come before its manifest has been fetched.
      await eventually(async () => (await count('heartbeat')) >= 5, 'heartbeats');
      const updates = await count('updated');
      const beats = await count('heartbeat');
      await eventually(async () => (await count('heartbeat')) >= beats + 5, 'more heartbeats');
      assert.equal(await count('updated'), updates);
      assert.equal(await count('refused'), 0);
    },
  );

  skippable('changes its API', async () => {
    service.child.stdin!.write('invoices\n');
    await service.says('changed');
    await answers('/go-orders/invoices', '200 go /invoices');
  });

  skippable('comes back to a gateway that has forgotten everything', async () => {
    const { port } = gateway;
    await gateway.stop('SIGKILL');
    gateway = await startGateway({ ...config, server: { http_port: port } }, { workers: 1 });
    gateways.push(gateway);
    await eventually(async () => {
      const response = await fetch(`http://127.0.0.1:${port}/go-orders/invoices`).catch(() => null);
      return (await response?.text()) === 'go /invoices';
    }, 'the service to be back');
  });

  skippable('says goodbye', async () => {
    const { port } = gateway;
    assert.equal(await service.stop(), 0, service.output);
    const base = String((gateway.config.server as { http_port?: number }).http_port ?? port);
    await eventually(
      async () => (await fetch(`http://127.0.0.1:${base}/go-orders/orders`)).status === 404,
      'its routes to go',
    );
  });
});
