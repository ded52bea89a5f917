import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { CASES, isHttp2 } from './cases.ts';
import { type Comparison, runCase } from './comparison.ts';
import { cpuRatioLine } from './cpu-ratio.ts';
import { HELP, type Options, parseOptions } from './options.ts';
import { findPeers } from './peers/all.ts';
import { publish, render, writeLatest } from './report/files.ts';
import type { CaseResult } from './report/results.ts';
import { plainText, remarksOn, tablesOf } from './report/tables.ts';
import { describeEnvironment } from './system/environment.ts';
import { ensure, find } from './system/tools.ts';

/**
 * The `npm run loadtest` command.
 * @param root the project's folder
 * @param build folder with the compiled project
 * @returns the exit code
 */
export async function main(root: string, build: string, args: readonly string[]): Promise<number> {
  const options = parseOptions(args);
  if (options.mode === 'help') return print(HELP);
  if (options.mode === 'list')
    return print(CASES.map((one) => `${one.name.padEnd(12)} ${one.title}\n`).join(''));
  if (options.mode === 'render') {
    render(root);
    return 0;
  }
  const problem = unfit(options);
  if (problem !== '') {
    process.stderr.write(`${problem}\n`);
    return 1;
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
  const directory = mkdtempSync(path.join(os.tmpdir(), 'octopus-loadtest-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  return await compare(root, build, options, directory);
}

async function compare(root: string, build: string, options: Options, directory: string): Promise<number> {
  const program = options.octopus || path.join(build, 'src', 'cli', 'main.js');
  const wanted = options.mode === 'cpu' ? ['octopus', 'nginx'] : options.peers;
  const { found, missing } = findPeers(path.resolve(program), wanted);
  const say = (line: string) => void process.stderr.write(`${line}\n`);
  for (const peer of missing) say(`${peer.name} is not on this machine (${peer.hint})`);
  const comparison: Comparison = {
    options,
    environment: describeEnvironment(root),
    peers: found,
    scripts: path.join(root, 'loadtest', 'wrk'),
    directory,
    say,
  };
  if (options.mode === 'cpu') {
    const result = await runCase({ ...CASES[0]!, fixedRate: false }, comparison);
    writeLatest(root, { cases: [result] });
    return print(cpuRatioLine(result));
  }

  const cases: CaseResult[] = [];
  for (const scenario of options.cases) {
    if (isHttp2(scenario) && !find('h2load')) {
      say(`${scenario.title}: left out, h2load is missing (apt-get install nghttp2-client)`);
      continue;
    }
    say(`${scenario.title}`);
    const result = await runCase(scenario, comparison);
    cases.push(result);
    print(caseText(result));
  }
  say(`written: ${path.relative(root, writeLatest(root, { cases }))}`);
  if (options.publish) publish(root, { cases });
  return 0;
}

function caseText(result: CaseResult): string {
  const blocks = [...tablesOf(result).map(plainText), ...remarksOn(result)];
  return `\n## ${result.title}\n${blocks.join('\n')}\n\n`;
}

/** Why a comparison cannot run on this machine, or nothing. */
function unfit({ origin, mode, cases }: Options): string {
  if (process.platform !== 'linux')
    return 'The comparison reads /proc and pins processes to cores: it needs Linux.';
  const h2load = mode === 'compare' && cases.some(isHttp2) ? ['h2load'] : [];
  const missing = ensure(['wrk', 'taskset', 'nginx', 'haproxy', ...h2load]);
  const needed = missing.filter(
    (program) => program === 'wrk' || program === 'taskset' || (program === 'nginx' && origin === 'nginx'),
  );
  if (needed.length === 0) return '';
  return `Missing: ${needed.join(' ')}. On Debian: apt-get install wrk util-linux nginx (or use --origin node for want of nginx).`;
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}
