/** Checks the configuration section by section and item by item, so that one fault does not hide the others. */
import type { z } from 'zod';
import { Breather } from './breather.ts';
import { checkPart, unknownKey } from './check.ts';
import type { Problems } from './problems.ts';
import { type Config, configSchema } from './schema/schema.ts';
import type { Settings } from './settings-check.ts';
import { type ConfigNode, nodeAt, type TreePath } from './tree.ts';

const ACTIONS = ['upstream', 'split', 'redirect', 'respond'] as const;

/** An item of a list that passed its schema, and where it stands. */
export interface Item<T> {
  readonly value: T;
  readonly path: TreePath;
  /** It has keys that nobody knows; they are reported and not in `value`. */
  readonly faulty?: boolean;
}

export interface CheckedSections {
  /** null when something was refused. */
  readonly config: Config | null;
  readonly settings: Settings;
  /** Those under `routing`, or the defaults when that section was refused. */
  readonly routing: Config['routing'];
  readonly routes: readonly Item<Config['routes'][number]>[];
  readonly upstreams: readonly Item<Config['upstreams'][number]>[];
  readonly plugins: readonly Item<Config['plugins'][number]>[];
  readonly middleware: readonly Item<Config['middleware'][number]>[];
}

const { shape } = configSchema;

export async function checkSections(root: ConfigNode, problems: Problems): Promise<CheckedSections> {
  checkTopLevelKeys(root, problems);
  const section = <Name extends keyof Config>(name: Name): Config[Name] | undefined => {
    const schema: z.ZodType = shape[name];
    return checkPart({ schema: schema as z.ZodType<Config[Name]>, root, path: [name] }, problems);
  };
  const server = section('server');
  const tls = section('tls');
  const discovery = section('discovery');
  const farp = section('farp');
  const routing = section('routing');
  const admin = section('admin');
  const observability = section('observability');
  const middleware = await checkItems(shape.middleware, 'middleware', root, problems);
  const plugins = await checkItems(shape.plugins, 'plugins', root, problems);
  const upstreams = await checkItems(shape.upstreams, 'upstreams', root, problems);
  // A route whose action is behind a misspelt key has been told so; that it has none would be told twice.
  const routes = (await checkItems(shape.routes, 'routes', root, problems)).filter(
    ({ value, faulty }) => !faulty || ACTIONS.some((action) => value[action] !== undefined),
  );

  const complete = server && tls && discovery && farp && routing && admin && observability;
  const config =
    complete && !problems.hasErrors
      ? {
          server,
          tls,
          discovery,
          farp,
          routing,
          middleware: middleware.map(({ value }) => value),
          plugins: plugins.map(({ value }) => value),
          admin,
          observability,
          upstreams: upstreams.map(({ value }) => value),
          routes: routes.map(({ value }) => value),
        }
      : null;
  const settings: Settings = {
    ...(server && { server }),
    ...(admin && { admin }),
    ...(tls && { tls }),
    ...(farp && { farp }),
    ...(observability && { observability }),
  };
  return {
    config,
    settings,
    routing: routing ?? shape.routing.parse(undefined),
    routes,
    upstreams,
    plugins,
    middleware,
  };
}

/** Keys that begin with `x-` are the user's own, as in Compose files: a place for YAML anchors. */
function checkTopLevelKeys(root: ConfigNode, problems: Problems): void {
  if (root.kind !== 'map') return;
  const known = Object.keys(shape);
  for (const [key, entry] of root.entries) {
    if (!known.includes(key) && !key.startsWith('x-')) problems.error(entry, unknownKey(key, [], known));
  }
}

async function checkItems<Schema extends z.ZodPrefault<z.ZodArray<z.ZodType>>>(
  list: Schema,
  name: string,
  root: ConfigNode,
  problems: Problems,
): Promise<Item<z.output<Schema>[number]>[]> {
  const node = nodeAt(root, [name]);
  if (node === undefined || (node.kind === 'scalar' && node.value === null)) return [];
  if (node.kind !== 'list') {
    problems.error(node, `${name}: expected a list (each item begins with "- ")`);
    return [];
  }
  const schema = list.unwrap().element;
  const items: Item<z.output<Schema>[number]>[] = [];
  const breather = new Breather();
  for (let index = 0; index < node.items.length; index++) {
    const path = [name, index];
    const before = problems.count;
    const value = checkPart({ schema, root, path }, problems);
    if (value !== undefined) items.push({ value, path, faulty: problems.count > before });
    if (breather.isDue()) await breather.breathe();
  }
  return items;
}
