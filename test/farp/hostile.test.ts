/** What services say may be made to harm (protocol digest 16): each is refused with its reason, the others work. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { FarpService } from '../support/farp-service.ts';
import { eventually, type Gateway, startGateway } from '../support/gateway.ts';
import { type HttpOrigin, startHttpOrigin } from '../support/origin.ts';

type Answer = (request: IncomingMessage, response: ServerResponse) => boolean;

/** Answers one path in its own way. */
function at(path: string, answer: (response: ServerResponse) => void): Answer {
  return (request, response) => {
    if (request.url !== path) return false;
    answer(response);
    return true;
  };
}

const schemaAt = (url: string) => ({
  schemas: [
    {
      type: 'openapi',
      spec_version: '3.1.0',
      location: { type: 'http', url },
      content_type: 'application/json',
      hash: '0'.repeat(64),
    },
  ],
  checksum: createHash('sha256').update('0'.repeat(64)).digest('hex'),
  endpoints: { health: '/health' },
});

const deep = `${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`;
const manyPaths = JSON.stringify({
  openapi: '3.1.0',
  info: {},
  paths: Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`/p${index}`, { get: {} }])),
});

interface Hostile {
  readonly name: string;
  readonly first?: Answer;
  readonly manifest?: Readonly<Record<string, unknown>>;
  /** Of the reason that the admin API shows. */
  readonly reason: RegExp;
}

let secret: HttpOrigin;
let secretAsked = 0;
let gateway: Gateway;
let good: FarpService;
let drips = 0;
const running: FarpService[] = [];

function cases(): Hostile[] {
  return [
    {
      name: 'huge-manifest',
      first: at('/_farp/manifest', (response) => {
        for (let sent = 0; sent < 10; sent++) response.write(' '.repeat(1_048_576));
        response.end('{}');
      }),
      reason: /larger than 1048576 bytes/,
    },
    {
      name: 'stated-huge-manifest',
      first: at('/_farp/manifest', (response) => {
        response.writeHead(200, { 'content-length': 10_485_760 });
        response.flushHeaders();
      }),
      reason: /10485760 bytes are more than 1048576/,
    },
    {
      name: 'gzip-bomb',
      first: at('/_farp/manifest', (response) => {
        response.setHeader('content-encoding', 'gzip');
        response.end(gzipSync(Buffer.alloc(50_000_000, ' ')));
      }),
      reason: /larger than 1048576 bytes/,
    },
    {
      name: 'deep-manifest',
      first: at('/_farp/manifest', (response) => response.end(deep)),
      reason: /nested deeper than 200 levels/,
    },
    {
      name: 'deep-schema',
      first: at('/openapi.json', (response) => response.end(deep)),
      reason: /nested deeper than 200 levels/,
    },
    {
      name: 'not-json',
      first: at('/_farp/manifest', (response) => response.end('<html>')),
      reason: /not JSON/,
    },
    { name: 'other-name', manifest: { service_name: '../admin' }, reason: /service name must begin with/ },
    { name: 'impostor', manifest: { service_name: 'good' }, reason: /manifest is that of the service good/ },
    {
      name: 'metadata-schema',
      manifest: schemaAt('http://169.254.169.254/latest/meta-data/'),
      reason: /169\.254\.169\.254 is not the host of the instance/,
    },
    {
      name: 'metadata-redirect',
      first: at('/openapi.json', (response) =>
        response.writeHead(302, { location: 'http://169.254.169.254/latest/meta-data/' }).end(),
      ),
      reason: /redirect to another origin, http:\/\/169\.254\.169\.254, is not followed/,
    },
    {
      name: 'port-redirect',
      first: at('/openapi.json', (response) =>
        response.writeHead(307, { location: `http://${secret.address}/openapi.json` }).end(),
      ),
      reason: /redirect to another origin/,
    },
    {
      name: 'circle',
      first: at('/openapi.json', (response) => response.writeHead(301, { location: '/openapi.json' }).end()),
      reason: /too many redirects/,
    },
    { name: 'file-schema', manifest: schemaAt('file:///etc/passwd'), reason: /URL must begin with http/ },
    {
      name: 'slow-drip',
      first: at('/openapi.json', (response) => {
        drips++;
        response.writeHead(200, { 'content-type': 'application/json' });
        const timer = setInterval(() => response.write(' '), 50);
        response.on('close', () => clearInterval(timer));
      }),
      reason: /not complete within 4000 ms/,
    },
    {
      name: 'many-paths',
      first: at('/openapi.json', (response) => response.end(manyPaths)),
      reason: /it has 100000 routes; at most 5000 are accepted/,
    },
    {
      name: 'yaml-bomb',
      first: at('/openapi.json', (response) => {
        response.setHeader('content-type', 'application/yaml');
        const lines = ['a0: &a0 [x, x, x, x, x, x, x, x, x, x]'];
        for (let level = 1; level < 9; level++)
          lines.push(
            `a${level}: &a${level} [${Array(10)
              .fill(`*a${level - 1}`)
              .join(', ')}]`,
          );
        response.end(lines.join('\n'));
      }),
      reason: /not YAML: Excessive alias count/,
    },
    {
      name: 'backtracking',
      manifest: { routing: { strategy: 'service', rewrite: [{ pattern: '^(a+)+\\1$', replacement: '/x' }] } },
      reason: /\\1|back ?reference|not supported/i,
    },
  ];
}

describe('hostile services', () => {
  const hostile = cases();

  before(async () => {
    secret = await startHttpOrigin((_, response) => {
      secretAsked++;
      response.end('{}');
    });
    good = await FarpService.start({ name: 'good', paths: ['/fine'] });
    for (const { name, first, manifest } of hostile)
      running.push(
        await FarpService.start({
          name,
          paths: ['/x'],
          ...(first && { first }),
          ...(manifest && { manifest }),
        }),
      );
    gateway = await startGateway({
      farp: { enabled: true, watch_interval: '1s', checks: { fetch_timeout: '4s' } },
      discovery: {
        backend: 'static',
        static: { services: [...running, good].map((service) => service.listed) },
      },
    });
  });

  after(async () => {
    await gateway?.stop();
    await Promise.all([...running, good, secret].map((one) => one?.close()));
  });

  it('a good one among them works', async () => {
    await eventually(async () => {
      const response = await fetch(`http://127.0.0.1:${gateway.port}/good/fine`);
      return (await response.text()) === 'good-1 /fine';
    }, 'the good one to be served');
  });

  for (const { name, reason } of hostile) {
    it(`${name} is refused with its reason`, async () => {
      await eventually(
        async () => {
          const response = await gateway.admin(`/_/services/${name}`);
          const { problems = [], last_error } = (await response.json()) as {
            problems?: { message: string }[];
            last_error: string;
          };
          return [last_error, ...problems.map(({ message }) => message)].some((text) => reason.test(text));
        },
        `${name} to be refused for ${reason}`,
        40_000,
      );
    });
  }

  it('all along the gateway answers, and nothing was asked where it may not', async () => {
    const startedAt = performance.now();
    assert.equal((await fetch(`http://127.0.0.1:${gateway.port}/good/fine`)).status, 200);
    assert.equal((await gateway.admin('/_/health')).status, 200);
    assert.ok(performance.now() - startedAt < 10_000);
    assert.equal(secretAsked, 0);
    assert.ok(drips > 0);
    assert.equal((await fetch(`http://127.0.0.1:${gateway.port}/huge-manifest/x`)).status, 404);
    assert.equal((await fetch(`http://127.0.0.1:${gateway.port}/many-paths/p1`)).status, 404);
    const rss = gateway.rss() / 1024 / 1024;
    assert.ok(rss < 400, `${rss.toFixed(0)} MB resident`);
  });
});
