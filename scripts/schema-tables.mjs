// Renders what a schema accepts as Markdown: a table of keys, and a section for each map inside.

/**
 * A heading, what the map is for, its keys, and the maps inside.
 *
 * @param {string} title
 * @param {object} node JSON Schema of the value, from describeInput
 * @param {number} level of the heading
 * @param {{ what?: string, linkFor?: (title: string, key: string) => string }} [options] `linkFor` says where a map is
 *   explained instead; `''` means here
 */
export function section(title, node, level, { what = node.description ?? '', linkFor = () => '' } = {}) {
  const value = mapIn(node) === null ? ` Value: ${typeOf(node)}.` : '';
  const own = `${'#'.repeat(level)} ${title}\n\n${what}${value}\n`;
  return [own + keyTable(title, node, linkFor), ...innerSections(title, node, level, linkFor)].join('\n');
}

/** What `section` writes below its heading and its text. */
export function keysOf(title, node, level) {
  const linkFor = () => '';
  return [keyTable(title, node, linkFor), ...innerSections(title, node, level, linkFor)].join('\n');
}

function keyTable(title, node, linkFor) {
  const map = mapIn(node);
  if (map === null) return '';
  const rows = Object.entries(map.properties).map(([key, child]) => {
    const link = linkFor(title, key) || 'below';
    const value = mapIn(child) === null ? typeOf(child) : `${typeOf(child)}, see ${link}`;
    const fallback = map.required?.includes(key) ? 'required' : cell(defaultOf(child));
    return `| \`${key}\` | ${cell(value)} | ${fallback} | ${cell(child.description ?? '')} |`;
  });
  const table = `\n| key | value | default | meaning |\n| --- | --- | --- | --- |\n${rows.join('\n')}\n`;
  const long = Object.entries(map.properties).filter(([, child]) => isLong(child.default));
  const lists = long.map(([key, child]) => `\nDefault of \`${key}\`: ${list(child.default)}.\n`);
  return table + lists.join('');
}

function innerSections(title, node, level, linkFor) {
  return Object.entries(mapIn(node)?.properties ?? {})
    .filter(([key, child]) => mapIn(child) !== null && linkFor(title, key) === '')
    .map(([key, child]) => section(`${title}.${key}`, child, Math.min(level + 1, 4), { linkFor }));
}

/** The map with fixed keys that may stand here, alone or in a list. */
function mapIn(node) {
  if (node.properties !== undefined) return node;
  if (node.items !== undefined) return mapIn(node.items);
  for (const option of node.anyOf ?? []) {
    const found = mapIn(option);
    if (found !== null) return found;
  }
  return null;
}

function typeOf(node) {
  if (node.notation !== undefined) return node.notation.replace(/^(an?|the) /, '');
  if (node.const !== undefined) return `\`${node.const}\``;
  if (node.enum !== undefined) return node.enum.map((value) => `\`${value}\``).join(' ');
  if (node.anyOf !== undefined) return [...new Set(node.anyOf.map(typeOf))].join(' or ');
  if (node.type === 'array') return `list of ${plural(typeOf(node.items))}`;
  if (node.type === 'object') return 'map';
  if (node.type === 'boolean') return '`true` `false`';
  if (node.type === 'integer' || node.type === 'number') return numberType(node);
  return 'text';
}

function numberType({ minimum, maximum }) {
  if (minimum === undefined) return 'number';
  return maximum === undefined ? `number from ${minimum}` : `number from ${minimum} to ${maximum}`;
}

function plural(type) {
  return type === 'map' ? 'maps' : type;
}

function defaultOf({ default: value }) {
  if (value === undefined || value === '' || (typeof value === 'object' && !Array.isArray(value))) return '';
  if (isLong(value)) return 'see below';
  return `\`${Array.isArray(value) ? JSON.stringify(value).replaceAll(',', ', ') : value}\``;
}

function isLong(value) {
  return Array.isArray(value) && JSON.stringify(value).length > 60;
}

function list(values) {
  return values.map((value) => `\`${value}\``).join(', ');
}

function cell(markdown) {
  return markdown.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
