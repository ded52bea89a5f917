// One line per test file, failures in full, skipped tests with their reason, a summary at the end.
import path from 'node:path';

// biome-ignore lint/style/noDefaultExport: node:test asks for it
export default async function* report(source) {
  const summary = new Map();
  let current = null;
  for await (const { type, data } of source) {
    if (type === 'test:stdout' || type === 'test:stderr') yield data.message;
    if (type === 'test:diagnostic' && data.nesting === 0) readSummary(summary, data.message);
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    if (current?.file !== data.file) {
      if (current) yield current.line();
      current = new FileReport(data.file ?? '');
    }
    yield current.add(data, type === 'test:pass');
  }
  if (current) yield current.line();
  const count = (key) => summary.get(key) ?? 0;
  const failed = count('fail') + count('cancelled');
  yield `\n${['tests', 'pass', 'fail', 'cancelled', 'skipped', 'todo', 'duration_ms'].map((key) => `ℹ ${key} ${count(key)}`).join('\n')}\n`;
  yield `\n${count('pass')} passed, ${failed} failed, ${count('skipped')} skipped\n`;
}

function readSummary(summary, message) {
  const [, key, value] = /^(\w+) ([\d.]+)$/.exec(message) ?? [];
  if (key) summary.set(key, Number(value));
}

class FileReport {
  constructor(file) {
    this.file = file;
    this.tests = 0;
    this.failures = 0;
    this.duration = 0;
    this.failed = [];
  }

  /** What to print at once: failures and skips. */
  add(data, passed) {
    const { name, nesting, details, skip } = data;
    if (nesting === 0) this.duration += details.duration_ms;
    if (details.type !== 'suite') this.tests++;
    if (skip !== undefined && skip !== false)
      return `  - skipped: ${name}${typeof skip === 'string' ? ` (${skip})` : ''}\n`;
    if (passed) return '';
    // A parent fails because of its children, which have been shown.
    if (details.error?.failureType === 'subtestsFailed') return '';
    this.failures++;
    return `  ✖ ${name}\n${indent(describe(details.error))}\n`;
  }

  line() {
    const name = path
      .relative(process.cwd(), this.file)
      .replace(/^\.build[^/]*\//, '')
      .replace(/\.test\.[jt]s$/, '');
    const mark = this.failures > 0 ? '✖' : '✔';
    return `${mark} ${name} (${this.tests} tests, ${(this.duration / 1000).toFixed(1)} s)\n`;
  }
}

function describe(error) {
  const cause = error?.cause ?? error;
  if (cause?.stack)
    return cause.stack
      .split('\n')
      .filter((line) => !line.includes('node:internal'))
      .join('\n');
  return String(cause);
}

function indent(text) {
  return text.replace(/^/gm, '      ');
}
