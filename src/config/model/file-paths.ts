/** Files that settings name: relative paths start at the folder of the file in which they stand. */
import path from 'node:path';
import type { Config } from '../schema/schema.ts';
import { type ConfigNode, placeOf, type TreePath } from '../tree.ts';

const TLS_FILES = ['ca', 'cert', 'key'];

const SETTINGS: readonly TreePath[] = [
  ['farp', 'state_file'],
  ['discovery', 'kubernetes', 'kubeconfig'],
  ...['consul', 'etcd', 'eureka'].flatMap((backend) =>
    TLS_FILES.map((file) => ['discovery', backend, 'tls', file]),
  ),
];

/** Makes them absolute. Those of `tls` are read while the configuration is loaded, these by whoever uses them. */
export function settleFilePaths(config: Config, tree: ConfigNode): void {
  for (const setting of SETTINGS) {
    const parent = setting.slice(0, -1).reduce<unknown>((value, step) => member(value, step), config);
    const key = String(setting.at(-1));
    const file = member(parent, key);
    if (typeof file !== 'string') continue;
    const { source } = placeOf(tree, setting);
    (parent as Record<string, unknown>)[key] = path.resolve(path.dirname(source.name), file);
  }
}

function member(value: unknown, step: PropertyKey): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Record<PropertyKey, unknown>)[step]
    : undefined;
}
