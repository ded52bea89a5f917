import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { cpuRatioLine } from '../cpu-ratio.ts';
import { readPublished, renderedFiles } from './files.ts';
import type { CaseResult, ProxyResult, Round, Unit } from './results.ts';
import { summarize, summarizeFixedRate } from './summary.ts';
import { markdown, plainText, remarksOn, tablesOf } from './tables.ts';

function round(userMicros: number, systemMicros: number, more: Partial<Round> = {}): Round {
  return {
    requests: 1_000,
    requestsPerSecond: 40_000,
    userMicros,
    systemMicros,
    p50: 1,
    p99: 2,
    p999: 3,
    errors: 0,
    busy: 0.97,
    foreignCores: 0,
    ...more,
  };
}

function proxy(name: string, rounds: readonly Round[], more: Partial<ProxyResult> = {}): ProxyResult {
  return {
    name,
    version: '1.0',
    rounds,
    fixedRate: [],
    memory: { resident: 25e6, withConnections: null },
    ...more,
  };
}

function caseOf(...proxies: ProxyResult[]): CaseResult {
  return {
    name: 'small-json',
    title: 'Small JSON (78 bytes)',
    environment: {
      date: '2030-01-02',
      commit: 'abc',
      cpu: 'X',
      cores: 2,
      memoryGiB: 24,
      kernel: '6.1',
      node: '20.18.0',
    },
    conditions: {
      connections: 64,
      streams: 1,
      unit: 'request',
      rounds: 2,
      seconds: 3,
      workers: 1,
      origin: 'nginx',
      overlapping: false,
    },
    proxies,
  };
}

const nginx = proxy('nginx', [round(5, 15), round(6, 18), round(5, 15)]);

test('the ratio is the median over rounds, each against nginx in the same round', () => {
  const octopus = proxy('octopus', [round(10, 20), round(6, 24), round(5, 17)]);
  const row = summarize(caseOf(octopus, nginx))[0]!;
  assert.deepEqual(row.ratio, { median: 1.25, min: 1.1, max: 1.5 });
  assert.equal(row.cpuMicros, 30);
});

test('without nginx there is no ratio and the table says so', () => {
  const result = caseOf(proxy('octopus', [round(5, 15)]));
  assert.equal(summarize(result)[0]!.ratio, null);
  assert.match(plainText(tablesOf(result)[0]!), /octopus 1\.0 .* -$/m);
});

test('errors of all rounds are added up', () => {
  const octopus = proxy('octopus', [round(5, 15, { errors: 2 }), round(5, 15, { errors: 3 })]);
  assert.equal(summarize(caseOf(octopus))[0]!.errors, 5);
});

test('what is counted is in the head of the table', () => {
  const result = caseOf(nginx);
  const head = (unit: Unit) =>
    tablesOf({ ...result, conditions: { ...result.conditions, unit } })[0]!.rows[0]!.slice(1, 3);
  assert.deepEqual(head('request'), ['requests/s', 'CPU µs/req']);
  assert.deepEqual(head('message'), ['messages/s', 'CPU µs/message']);
});

test('a proxy that was not the limit is marked, and so is a machine that was not quiet', () => {
  const result = caseOf(proxy('octopus', [round(5, 15, { busy: 0.5, foreignCores: 0.7 })]));
  assert.match(plainText(tablesOf(result)[0]!), /40,000\*/);
  assert.deepEqual(
    remarksOn(result).map((remark) => remark.slice(0, 15)),
    ['* Its cores wer', 'Other processes'],
  );
  assert.deepEqual(remarksOn(caseOf(nginx)), []);
});

test('fixed-rate rounds become one row of medians', () => {
  const at = (p99: number) => ({
    requestsPerSecond: 100,
    p50: 1,
    p80: 1.5,
    p99,
    p999: 9,
    errors: 1,
    generatorLag: 0.1,
  });
  const result = caseOf(proxy('octopus', [round(5, 15)], { fixedRate: [at(2), at(7), at(3)] }), nginx);
  assert.deepEqual(summarizeFixedRate(result), [
    { name: 'octopus', requestsPerSecond: 100, p50: 1, p99: 3, p999: 9, errors: 3 },
  ]);
});

test('an idle case shows memory per connection', () => {
  const memory = { resident: 50e6, withConnections: 50e6 + 64 * 2_000 };
  const [table, none] = tablesOf(caseOf(proxy('octopus', [], { memory })));
  assert.equal(none, undefined);
  assert.match(markdown(table!), /\| octopus 1\.0 \| 50 \| 50 \| 2\.0 \|/);
});

test('the line of --cpu', () => {
  const octopus = proxy('octopus', [round(6, 16), round(6, 18), round(5, 15)]);
  assert.equal(
    cpuRatioLine(caseOf(octopus, nginx)),
    'CPU per request: octopus 22.0 µs (user/sys 6.0/16.0), nginx 20.0 µs (user/sys 5.0/15.0), ratio 1.00 (1.00-1.10)\n',
  );
  assert.throws(() => cpuRatioLine(caseOf(nginx)), /octopus could not be measured/);
});

test('page and charts show the published numbers and nothing that is not a number', () => {
  const files = renderedFiles({ cases: [caseOf(proxy('octopus', [round(6.26, 16)]), nginx)] });
  assert.match(files.get('performance.md')!, /\| octopus 1\.0 \| 40,000 \| 22\.3 \| 6\.3 \| 16\.0 \|/);
  assert.match(files.get('performance-cpu.svg')!, />22\.3 µs</);
  for (const [name, content] of files) assert.doesNotMatch(content, /NaN|undefined|Infinity/, name);
});

test('docs/performance.md and its charts are what docs/performance.json makes', () => {
  // This file runs from a build folder directly below the project's.
  const root = path.resolve(import.meta.dirname, '..', '..', '..');
  const published = readPublished(root);
  if (published.cases.length === 0) return;
  for (const [name, content] of renderedFiles(published)) {
    assert.equal(
      readFileSync(path.join(root, 'docs', name), 'utf8'),
      content,
      `run npm run loadtest -- --render (${name})`,
    );
  }
});

test('a proxy that counts by worker shows how evenly the kernel spread the load', () => {
  const octopus = proxy('octopus', [round(5, 15)], { workerRequests: [300, 100] });
  const [remark] = remarksOn(caseOf(octopus, nginx));
  assert.equal(remark, 'The workers of octopus served 75% and 25% of the requests.');
});

test('the page reckons with more cores once one and two workers were measured', () => {
  const one = caseOf(proxy('octopus', [round(5, 15)]));
  const two = { ...caseOf(proxy('octopus', [round(6, 19)])), name: 'workers-2' };
  const page = (...cases: CaseResult[]) => renderedFiles({ cases }).get('performance.md')!;
  assert.doesNotMatch(page(one), /More cores/);
  const text = page(one, two);
  assert.match(text, /20\.0 µs of CPU time with one worker and 25\.0 µs with two, 1\.25 times as/);
  assert.match(text, /up to 40,000 such requests per second, and 8 workers on 8 cores up to 320,000\./);
  assert.match(text, /8 cores serve 205,000;/);
});
