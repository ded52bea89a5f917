// Writes docs/errors.md from the error table in src/http/errors.ts; with --check only says whether it is up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, root } from './fresh.mjs';

const target = path.join(root, 'docs', 'errors.md');
const compiled = (name) => pathToFileURL(path.join(ensureBuilt('.build-check'), 'src', 'http', name));
const { ERRORS } = await import(compiled('errors.js'));
const { problemBody } = await import(compiled('problem.js'));
const example = JSON.stringify(JSON.parse(problemBody('no_route', '0190a6c8f1c97d3e')), null, 2);

const CAUSES = {
  client: 'The client. Does not count against any endpoint.',
  gateway: 'The gateway itself or one of its plugins.',
  upstream:
    'An endpoint, or the lack of one. Counts for health, ejection and circuit breaker where the endpoint failed.',
  policy: 'A rule of the configuration.',
};

const text = `<!-- Generated from src/http/errors.ts by scripts/error-docs.mjs; do not edit. -->
# Errors

Every error that the gateway itself answers is a problem document (RFC 9457, \`application/problem+json\`). Its \`code\` is
one of those below, and also the value of \`error\` in the access log and of the label \`code\` in
\`octopus_errors_total\` and \`octopus_rejected_requests_total\`. \`request_id\` finds the log line of the request.

\`\`\`json
${example}
\`\`\`

Who caused it:

${Object.entries(CAUSES)
  .map(([cause, meaning]) => `* **${cause}**: ${meaning}`)
  .join('\n')}

| status | code | cause | title | what to do |
| --- | --- | --- | --- | --- |
${Object.entries(ERRORS)
  .toSorted(([, a], [, b]) => a.status - b.status)
  .map(
    ([code, { status, cause, title, advice }]) =>
      `| ${status} | \`${code}\` | ${cause} | ${title} | ${cell(advice)} |`,
  )
  .join('\n')}
`;

if (!process.argv.includes('--check')) writeFileSync(target, text);
else if (readIfThere(target) !== text) {
  console.error('docs/errors.md is out of step with src/http/errors.ts; run: node scripts/error-docs.mjs');
  process.exit(1);
}

function cell(markdown) {
  return markdown.replaceAll('|', '\\|');
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
