/** Faults in `farp` that only show when several settings are seen together. */
import path from 'node:path';
import { isConfigFile } from './files.ts';
import type { Problems } from './problems.ts';
import type { Config } from './schema/schema.ts';
import { type ConfigNode, placeOf, placeOfKey, type TreePath } from './tree.ts';

/** A file that would be taken for configuration at the next start. @param watched files and directories of the configuration */
export function checkStateFile(
  { state_file: file }: Config['farp'],
  root: ConfigNode,
  watched: readonly string[],
  problems: Problems,
): void {
  if (file === undefined) return;
  const place = placeOf(root, ['farp', 'state_file']);
  const full = path.resolve(path.dirname(place.source.name), file);
  const isRead = watched.includes(path.dirname(full)) && isConfigFile(path.basename(full));
  if (isRead || watched.includes(full))
    problems.error(
      place,
      'farp.state_file: it would be read as configuration; give it another folder, or a name that ends in .state',
    );
}

const AUTH: TreePath = ['farp', 'push', 'auth'];

export function checkFarp({ push }: Config['farp'], root: ConfigNode, problems: Problems): void {
  const { type, credentials } = push.auth;
  if (type === 'bearer' && credentials.length === 0) {
    problems.error(
      placeOfKey(root, [...AUTH, 'type']),
      'farp.push.auth: "credentials" is missing; type bearer needs at least one',
    );
  }
  if (type === 'none' && credentials.length > 0) {
    problems.error(
      placeOfKey(root, [...AUTH, 'credentials']),
      'farp.push.auth.credentials has no effect with type none; take one of them out',
    );
  }
  const names = new Set<string>();
  credentials.forEach(({ name, token, token_hash: hash }, index) => {
    const at = [...AUTH, 'credentials', index];
    if (names.has(name)) {
      problems.error(placeOfKey(root, [...at, 'name']), `name: there is another credential "${name}"`);
    }
    names.add(name);
    if ((token === undefined) === (hash === undefined)) {
      problems.error(
        placeOf(root, at),
        token === undefined
          ? 'credentials: "token" is missing; give token or token_hash'
          : 'credentials: token and token_hash exclude each other; take one of them out',
      );
    }
  });
}
