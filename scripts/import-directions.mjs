// Imports point one way, so that the data plane never depends on the control plane and every folder can be understood
// without those above it. Prints each violation and each circle of imports; exits 1 if there is one.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const LEAVES = ['http', 'shared'];

/** What the files of a folder may import beside their own folder. */
const ALLOWED = {
  shared: [],
  http: ['shared'],
  routing: LEAVES,
  telemetry: ['routing', ...LEAVES],
  plugins: ['state', 'telemetry', 'routing', ...LEAVES],
  state: ['plugins', 'routing', ...LEAVES],
  upstream: ['plugins', 'state', 'telemetry', 'routing', ...LEAVES],
  engine: ['plugins', 'telemetry', 'routing', ...LEAVES],
  worker: ['engine', 'plugins', 'upstream', 'state', 'telemetry', 'routing', 'native-bindings', ...LEAVES],
  config: ['plugins', 'routing', ...LEAVES],
  discovery: ['config', 'telemetry', 'routing', ...LEAVES],
  farp: ['config', 'discovery', 'telemetry', 'routing', ...LEAVES],
  federation: LEAVES,
  admin: ['farp', 'discovery', 'telemetry', 'routing', ...LEAVES],
  control: [
    'admin',
    'config',
    'discovery',
    'farp',
    'federation',
    'plugins',
    'telemetry',
    'routing',
    'native-bindings',
    ...LEAVES,
  ],
  cli: ['control', 'admin', 'config', 'plugins', 'telemetry', 'routing', 'native-bindings', ...LEAVES],
  'native-bindings': [],
};

const root = process.argv[2] ?? path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const problems = check(path.resolve(root));
for (const problem of problems) console.error(problem);
if (problems.length > 0) process.exit(1);

/** @returns {string[]} */
function check(root) {
  const files = ['src', 'native-bindings']
    .flatMap((folder) => filesBelow(path.join(root, folder)))
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'));
  const problems = [];
  /** @type {Map<string, string[]>} */
  const graph = new Map();
  for (const file of files) {
    const imports = importsOf(file).filter((target) => target !== null);
    graph.set(file, imports);
    for (const target of imports) {
      const problem = violation(root, file, target);
      if (problem !== '')
        problems.push(`${path.relative(root, file)} imports ${path.relative(root, target)}: ${problem}`);
    }
  }
  return [
    ...problems,
    ...circles(graph).map(
      (circle) => `circular import: ${circle.map((file) => path.relative(root, file)).join(' -> ')}`,
    ),
  ];
}

function violation(root, file, target) {
  if (!existsSync(target)) return 'no such file';
  const from = layerOf(root, file);
  const to = layerOf(root, target);
  if (from === to) return '';
  const allowed = ALLOWED[from];
  if (allowed === undefined)
    return `${from}/ is no known folder; say in scripts/import-directions.mjs what it may import`;
  if (!allowed.includes(to)) return `${from}/ may import only ${allowed.join(', ') || 'itself'}`;
  if (
    to === 'telemetry' &&
    ['worker', 'engine', 'upstream', 'plugins'].includes(from) &&
    isPrimarySide(target)
  ) {
    return 'it belongs to the primary thread';
  }
  return '';
}

/** `src/control/a.ts` -> `control`; outside of src the first folder. */
function layerOf(root, file) {
  const [first = '', second = ''] = path.relative(root, file).split(path.sep);
  return first === 'src' ? second : first;
}

/** The first words of a telemetry file say which thread it is for. */
function isPrimarySide(file) {
  return /^\/\*\*[\s*]*Primary side\b/.test(readFileSync(file, 'utf8'));
}

/** Absolute paths of the relative imports of a file, type imports too: a circle of types is a circle for the reader. */
function importsOf(file) {
  const source = readFileSync(file, 'utf8')
    .replace(/^[ \t]*\/\*[\s\S]*?\*\//gm, '')
    .replace(/^[ \t]*\/\/.*$/gm, '');
  const pattern =
    /\b(?:import|export)\b[^'"`;()]*?\bfrom\s*['"]([^'"]+)['"]|\bimport\s*\(?\s*['"]([^'"]+)['"]/g;
  const found = new Set();
  for (const [, from, bare] of source.matchAll(pattern)) {
    const specifier = from ?? bare ?? '';
    if (specifier.startsWith('.')) found.add(path.resolve(path.dirname(file), specifier));
  }
  return [...found];
}

/** One circle for each file at which a walk comes back to itself. */
function circles(graph) {
  const done = new Set();
  const found = [];
  const walk = (file, trail) => {
    const at = trail.indexOf(file);
    if (at >= 0) return void found.push([...trail.slice(at), file]);
    if (done.has(file)) return;
    for (const target of graph.get(file) ?? []) walk(target, [...trail, file]);
    done.add(file);
  };
  for (const file of graph.keys()) walk(file, []);
  return found;
}

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true }).map((name) => path.join(folder, name));
}
