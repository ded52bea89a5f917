// Writes docs/engines.md from src/engine/uws/known-refusals.ts; with --check only says whether it is up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, root } from './fresh.mjs';

const target = path.join(root, 'docs', 'engines.md');
const { KNOWN_DIFFERENCES, KNOWN_REFUSALS, NOT_SERVED, TLS_DIFFERENCES } = await import(
  pathToFileURL(path.join(ensureBuilt('.build-check'), 'src', 'engine', 'uws', 'known-refusals.js'))
);

const OUTCOMES = {
  closed: 'closed at once',
  silent: 'no answer, closed after 10 s',
};

const text = `<!-- Generated from src/engine/uws/known-refusals.ts by scripts/engine-docs.mjs; do not edit. -->
# Engines

The engine is what accepts connections and reads requests; everything behind it is the same. \`server.engine\`, or
\`--engine\` of \`octopus run\`, chooses it; a change needs a restart.

* **\`builtin\`** (the default) is the gateway's own server: HTTP/1.x, HTTP/2 and WebSocket, plain and over TLS. It follows the rules of HTTP strictly and answers what it refuses.
* **\`uws\`** is [µWebSockets.js](https://github.com/uNetworking/uWebSockets.js), a native server. It speaks HTTP/1.1
  only, plain and over TLS, and refuses much that is legal: what it cannot read safely it does not serve.

Use \`builtin\` unless a measurement with your own traffic (\`npm run loadtest\` compares both) says that \`uws\` is worth
what the lists below cost, and never put \`uws\` where clients speak HTTP/1.0, send chunked bodies (\`curl -T -\`),
pipeline, or come through a proxy that passes malformed fields on.

## What \`uws\` has not

${NOT_SERVED.map(({ what, outcome }) => `* **${what[0].toUpperCase()}${what.slice(1)}**: ${outcome}`).join('\n')}
* **Limits**: a head of 4 KB at most, whatever \`server.limits\` allow; a body of 999,999,999 bytes at most.
* **Connections**: \`octopus_active_connections\` and \`server.limits.connections\` count requests in flight.

A configuration that is refused says which key, and where; this holds for \`--engine uws\` as well. \`octopus run\` names
the rest once more when it starts.

## TLS with \`uws\`

\`server.https_port\`, certificates by name (exact and wildcard), their exchange while the gateway runs, \`ciphers\`,
\`strict_host\` and \`redirect_http\` are as described in [tls.md](tls.md), but for this:

${TLS_DIFFERENCES.map((difference) => `* ${difference}`).join('\n')}

## Installing it

\`uws\` is an optional dependency: \`npm ci\` goes on without it where it cannot be had, and \`octopus run --engine uws\` then
says what to install. What npm installs by itself is \`@trufflesuite/uws-js-unofficial\` 20.30 (Node.js 18 and 20, glibc
2.27 or newer). A package under its real name in \`node_modules\` is preferred:

\`\`\`sh
npm install uNetworking/uWebSockets.js#v20.57.0
\`\`\`

At the start the gateway looks for a build that fits platform, processor, ABI of Node.js and C library, and says which of
them is missing.

## What \`uws\` refuses

The rules are those of the conformance tests, which run on both engines; each line is proved by them for the build that
npm installs. Nothing of these requests reaches a service, but for the first of several (A6, A14). Newer builds answer most of them with 400, 431 or 505.

| rule | request | outcome |
| --- | --- | --- |
${KNOWN_REFUSALS.map(({ rule, request, outcome }) => `| ${rule} | ${request} | ${OUTCOMES[outcome] ?? `${outcome}, closed`} |`).join('\n')}

Some of these arrive as two things for µWebSockets.js when they come in pieces; they are then refused in another of
these ways.

## What \`uws\` does otherwise

| rule | difference |
| --- | --- |
${KNOWN_DIFFERENCES.map(({ rule, difference }) => `| ${rule} | ${difference} |`).join('\n')}
`;

if (!process.argv.includes('--check')) writeFileSync(target, text);
else if (readIfThere(target) !== text) {
  console.error(
    'docs/engines.md is out of step with src/engine/uws/known-refusals.ts; run: node scripts/engine-docs.mjs',
  );
  process.exit(1);
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
