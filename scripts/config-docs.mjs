// Writes docs/configuration.md from the schema of the configuration; with --check only says whether it is up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, root } from './fresh.mjs';
import { section } from './schema-tables.mjs';

const target = path.join(root, 'docs', 'configuration.md');
const compiled = (name) => import(pathToFileURL(path.join(ensureBuilt('.build-check'), 'src', name)));
const { describeInput } = await compiled('config/json-schema.js');
const { configSchema } = await compiled('config/schema/schema.js');
const { BUILTIN_PLUGINS } = await compiled('plugins/builtin/registry.js');

const schema = describeInput(configSchema).properties;

const INTRODUCTION = `<!-- Generated from src/config/schema/ by scripts/config-docs.mjs; do not edit. -->
# Configuration

\`octopus run -c FILE_OR_DIR...\` reads YAML (1.2) and JSON. [config/quickstart.yaml](../config/quickstart.yaml) is a
small example, [config/reference.yaml](../config/reference.yaml) shows every key, and this page explains them.
\`octopus schema\` prints a JSON Schema with which editors complete and check the file. \`octopus validate -c …\` reports
every problem at once, each as \`file:line:column: message\`, and changes nothing.

## Several files

Files are merged in the order in which they are named; a directory stands for its \`*.yaml\`, \`*.yml\` and \`*.json\` files
in order of name, without hidden files and backups. Maps merge key by key. The lists \`routes\`, \`upstreams\`, \`plugins\`
and \`middleware\` grow. Everything else, other lists too, is replaced by the later file. Two upstreams or plugins of one
name are an error that names both places. YAML anchors, aliases and merge keys (\`<<\`) work within a file; top-level keys
that begin with \`x-\` are ignored and a good place for anchors. A key without a value counts as not written. Files that a
program writes, with tens of thousands of routes, are read several times as fast in JSON as in YAML.

## Notations

| notation | examples | meaning |
| --- | --- | --- |
| duration | \`500ms\` \`30s\` \`5m\` \`1h30m\` \`1d\` | A bare number is milliseconds. |
| size | \`512B\` \`64KB\` \`10MB\` \`1GiB\` | KB and KiB are both 1024 bytes. A bare number is bytes. |
| share | \`20%\` \`0.2\` | From 0 to 1. |
| status | \`200\` \`200-399\` \`2xx\` | One status or a range. |
| endpoint | \`10.0.0.1:8080\` \`http://name\` \`[::1]:80\` | Port 80 unless given, with \`http://\`. Names are resolved again by their TTL. |

## Variables

\`\${NAME}\` in a value is replaced by the environment variable NAME, which must be set. \`\${NAME:-default}\` uses the default
when it is unset or empty, \`\${NAME:?message}\` reports the message. \`$\${\` is a literal \`\${\`; any other \`$\`, as in a bcrypt
hash, is left alone. Values are filled in after the file is parsed, so that a variable can never add keys; what it holds
becomes a number or a switch where one is wanted. Inside \`{ }\` and \`[ ]\`, YAML needs quotes around it: \`"\${NAME}"\`.

Every key that holds a single value, or a list of them, can be overridden by a variable made of \`OCTOPUS_\` and its path
in capitals: \`OCTOPUS_SERVER_HTTP_PORT=8081\`, \`OCTOPUS_OBSERVABILITY_LOGGING_LEVEL=debug\`,
\`OCTOPUS_SERVER_TRUSTED_PROXIES=10.0.0.0/8,fd00::/8\`. \`DISCOVERY_BACKEND\` is \`discovery.backend\`. They win over every
file, and options of the command line win over them.

## Secrets

Password hashes, settings of plugins whose name sounds like a secret (\`secret\`, \`password\`, \`token\`, \`key\`,
\`credentials\`, \`users\` and the like) and all text that came from a variable are shown as \`[hidden]\` by the admin API.
Reports of problems never print them.

## Which route wins

The highest \`priority\`; then the more specific host (a name, \`*.example.com\`, any); then the more specific path, segment
by segment (text, a parameter, \`{rest*}\`, \`/*\`); then the one with more conditions on headers and query; then one that
lists the method over one for every method; then the first in the files. \`octopus explain METHOD URL\` shows it for a
request. A route that can never match because others take all of its requests is an error.

\`/users/{id}\` (or \`/users/:id\`) takes one segment, \`/files/{rest*}\` one or more characters with slashes, \`/static/*\`
everything below \`/static/\`, also nothing, but not \`/static\` itself.
`;

const PLUGINS = `## Settings of the built-in plugins

\`middleware\` names plugins; a plugin's \`config\` is in \`plugins\`, for all its uses, or beside its name in \`middleware\`, for
that use alone. \`_\` and \`-\` are the same in names. Global plugins run before those of the route; one that a route names
itself runs where, and as, the route says. \`auth\` stands for the one authentication plugin that is configured. A route
with a plugin that this version does not have yet answers 503 rather than run without it.

Each has a page with its settings: ${[...BUILTIN_PLUGINS.keys()].map((name) => `[${name}](plugins/${name}.md)`).join(', ')}.
[plugins.md](plugins.md) tells how plugins work together and how to write one.
`;

const text = [INTRODUCTION, ...Object.entries(schema).map(topLevel), PLUGINS].join('\n');

if (!process.argv.includes('--check')) writeFileSync(target, text);
else if (readIfThere(target) !== text) {
  console.error('docs/configuration.md is out of step with the schema; run: node scripts/config-docs.mjs');
  process.exit(1);
}

function topLevel([key, node]) {
  const isNameOrMap = node.items?.anyOf?.length === 2 && key === 'middleware';
  const what = `${node.description}${isNameOrMap ? ' Each item is the name of a plugin or a map:' : ''}`;
  return section(key, node, 2, { what, linkFor: inherited });
}

/** Explained once, under `routing`, where it is the default of all routes or upstreams. */
function inherited(title, key) {
  const isInherited =
    (title === 'routes' || title === 'upstreams') && schema.routing.properties[key] !== undefined;
  return isInherited ? `[routing.${key}](#routing${key})` : '';
}

function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
