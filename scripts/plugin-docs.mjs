// Writes the table of settings into docs/plugins/NAME.md of each built-in plugin, between the two comments there; with
// --check only says whether the pages are up to date.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, root } from './fresh.mjs';
import { keysOf } from './schema-tables.mjs';

const compiled = (name) => import(pathToFileURL(path.join(ensureBuilt('.build-check'), 'src', name)));
const { describeInput } = await compiled('config/json-schema.js');
const { BUILTIN_PLUGINS } = await compiled('plugins/builtin/registry.js');

const PLACE = /<!-- options -->[\s\S]*<!-- \/options -->/;

for (const [name, { config }] of BUILTIN_PLUGINS) {
  const page = path.join(root, 'docs', 'plugins', `${name}.md`);
  const text = readFileSync(page, 'utf8');
  if (!PLACE.test(text)) fail(`${page} has no place for its settings: <!-- options --> … <!-- /options -->`);
  const table = keysOf('config', describeInput(config), 2);
  const fresh = text.replace(PLACE, () => `<!-- options -->\n## Settings\n${table}\n<!-- /options -->`);
  if (!process.argv.includes('--check')) writeFileSync(page, fresh);
  else if (fresh !== text)
    fail(`docs/plugins/${name}.md is out of step with its schema; run: node scripts/plugin-docs.mjs`);
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
