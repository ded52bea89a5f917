/** `plugins` and `middleware` to plugin instances: which code, which settings, and what cannot run. */
import { createHash } from 'node:crypto';
import type { PluginDefinition } from '../../plugins/api.ts';
import type { PluginInstance } from '../../routing/model.ts';
import { checkPart, quote } from '../check.ts';
import { formatPlace } from '../problems.ts';
import type { MiddlewareItem, PluginConfig } from '../schema/schema.ts';
import type { Item } from '../sections.ts';
import { closest } from '../suggest.ts';
import { nodeAt, type TreePath, toValue } from '../tree.ts';
import type { BuildContext } from './context.ts';
import { isJavaScriptPath, loadPluginModule } from './plugin-modules.ts';

export type Builtins = ReadonlyMap<string, PluginDefinition>;

/** Plugins that later versions bring: their names are no typing errors, but their routes stay closed. */
const LATER_PLUGINS: ReadonlySet<string> = new Set([
  'auth',
  'jwt-auth',
  'api-key',
  'key-auth',
  'oauth2',
  'oidc',
  'mtls-auth',
  'forward-auth',
  'redis-rate-limit',
  'cache',
  'redis-cache',
  'kafka',
  'transform',
]);

type PluginEntry = Item<PluginConfig>;

/** The code behind a name. */
interface Code {
  readonly module: string;
  readonly digest: string;
  readonly definition: PluginDefinition | null;
  /** Why it cannot run; `''` when it can. */
  readonly unavailable: string;
}

export class PluginResolver {
  readonly #context: BuildContext;
  readonly #builtins: Builtins;
  readonly #entries = new Map<string, PluginEntry>();
  readonly #code = new Map<string, Code | null>();
  readonly #instances = new Map<string, PluginInstance>();
  /** Instances of names without settings of their own, so that 100,000 routes do not check them 100,000 times. */
  readonly #plain = new Map<string, PluginInstance | null>();
  readonly #used = new Set<string>();

  constructor(context: BuildContext, builtins: Builtins) {
    this.#context = context;
    this.#builtins = builtins;
  }

  get instances(): PluginInstance[] {
    return [...this.#instances.values()];
  }

  /** Takes the entries of `plugins` and imports the modules that they name. */
  async addEntries(entries: readonly PluginEntry[]): Promise<void> {
    for (const entry of entries) {
      const { name } = entry.value;
      const earlier = this.#entries.get(name);
      if (earlier !== undefined) {
        const place = formatPlace(this.#context.place([...earlier.path, 'name']));
        this.#context.error(
          [...entry.path, 'name'],
          `the plugin "${name}" is already configured at ${place}; for other settings on one route write { name, config } in its middleware`,
        );
        continue;
      }
      this.#entries.set(name, entry);
      this.#code.set(name, await this.#loadCode(entry));
    }
  }

  /** Checks the entries that no `middleware` names, and warns of them. Call it last. */
  finish(): void {
    for (const [name, { path }] of this.#entries) {
      if (this.#used.has(name)) continue;
      this.#context.warning(
        [...path, 'name'],
        `the plugin "${name}" is configured but no middleware list names it`,
      );
      const definition = this.#code.get(name)?.definition;
      const config = [...path, 'config'];
      if (definition && nodeAt(this.#context.root, config) !== undefined)
        this.#checkConfig(name, definition, config, path);
    }
  }

  /** The name under which the item runs: `auth` stands for the one plugin of that kind that is configured. */
  nameOf(item: MiddlewareItem): string {
    const name = typeof item === 'string' ? item : item.name;
    if (name !== 'auth' || this.#entries.has(name)) return name;
    const candidates = [...this.#entries.keys()].filter((entry) => entry.endsWith('-auth'));
    return candidates.length === 1 ? (candidates[0] ?? name) : name;
  }

  /** @returns null when the item is wrong; the reason is then reported */
  resolve(item: MiddlewareItem, path: TreePath): PluginInstance | null {
    const name = this.nameOf(item);
    this.#used.add(name);
    const code = this.#codeOf(name, path);
    if (code === null) return null;
    if (typeof item !== 'string') return this.#instantiate(name, code, [...path, 'config'], path);
    let instance = this.#plain.get(name);
    if (instance === undefined) {
      const entry = this.#entries.get(name);
      instance = this.#instantiate(name, code, entry === undefined ? null : [...entry.path, 'config'], path);
      this.#plain.set(name, instance);
    }
    return instance;
  }

  #codeOf(name: string, path: TreePath): Code | null {
    const known = this.#code.get(name);
    if (known !== undefined) return known;
    const definition = this.#builtins.get(name);
    let code: Code | null = null;
    if (definition !== undefined) code = { module: '', digest: '', definition, unavailable: '' };
    else if (LATER_PLUGINS.has(name)) {
      code = { module: '', digest: '', definition: null, unavailable: notYet(name) };
      this.#context.warning(path, `${notYet(name)}; routes that use it answer 503`);
    } else {
      const names = [...this.#builtins.keys(), ...this.#entries.keys(), ...LATER_PLUGINS];
      const best = closest(name, names);
      const advice =
        best === null
          ? `built in are ${[...this.#builtins.keys()].join(', ')}; a plugin of your own needs an entry with its path in plugins`
          : `did you mean "${best}"?`;
      this.#context.error(path, `there is no plugin "${name}"; ${advice}`);
      return null;
    }
    this.#code.set(name, code);
    return code;
  }

  async #loadCode({ value, path }: PluginEntry): Promise<Code | null> {
    const { name, path: spec } = value;
    const pathOfName = [...path, 'name'];
    if (spec === undefined) return this.#codeOf(name, pathOfName);
    const pathOfSpec = [...path, 'path'];
    if (!isJavaScriptPath(spec)) {
      const builtin = this.#builtins.get(name);
      const instead =
        builtin === undefined
          ? `the plugin "${name}" is not available and routes that use it answer 503`
          : `the built-in "${name}" is used instead`;
      this.#context.warning(
        pathOfSpec,
        `${quote(spec)} is no JavaScript module (.js, .mjs, .cjs or an npm package); ${instead}`,
      );
      return {
        module: '',
        digest: '',
        definition: builtin ?? null,
        unavailable: builtin === undefined ? `${quote(spec)} is no JavaScript module` : '',
      };
    }
    const loaded = await loadPluginModule(name, spec, this.#context.place(pathOfSpec).source.name);
    if (loaded.ok) return { ...loaded, unavailable: '' };
    this.#context.error(pathOfSpec, loaded.fault);
    return null;
  }

  /** @param configPath null: no settings are written anywhere */
  #instantiate(
    name: string,
    code: Code,
    configPath: TreePath | null,
    usedAt: TreePath,
  ): PluginInstance | null {
    const { root } = this.#context;
    const node = configPath === null ? undefined : nodeAt(root, configPath);
    const written = node === undefined ? {} : toValue(node, true);
    let config: unknown = written;
    if (code.definition !== null) {
      const checked = this.#checkConfig(
        name,
        code.definition,
        node === undefined ? null : configPath,
        usedAt,
      );
      if (checked === undefined) return null;
      if (code.module === '') config = checked;
    }
    const isolate = this.#entries.get(name)?.value.isolate ?? false;
    const digest = createHash('sha256')
      .update(JSON.stringify([code.module, code.digest, isolate, code.unavailable, sortKeys(written)]))
      .digest('hex')
      .slice(0, 12);
    const id = `${name}@${digest}`;
    const instance = this.#instances.get(id) ?? {
      id,
      name,
      module: code.module,
      config,
      isolate: isolate !== false,
      ...(typeof isolate === 'object' && { isolateTimeout: isolate.timeout }),
      unavailable: code.unavailable,
    };
    this.#instances.set(id, instance);
    return instance;
  }

  /** @returns undefined when it is wrong; the reason is then reported */
  #checkConfig(name: string, definition: PluginDefinition, path: TreePath | null, usedAt: TreePath): unknown {
    const { problems, root } = this.#context;
    if (path !== null) return checkPart({ schema: definition.config, root, path }, problems);
    const result = definition.config.safeParse({});
    if (result.success) return result.data;
    const keys = new Set(
      result.error.issues.map((issue) => String(issue.path[0] ?? '')).filter((key) => key !== ''),
    );
    const needed = keys.size === 0 ? '' : ` (${[...keys].join(', ')})`;
    this.#context.error(
      usedAt,
      `the plugin "${name}" needs settings${needed}; write { name: ${name}, config: … } or add it to plugins`,
    );
    return undefined;
  }
}

function notYet(name: string): string {
  return `the plugin "${name}" is not part of this version yet`;
}

/** Two configs that differ in the order of their keys are the same instance. */
function sortKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sortKeys);
  if (typeof value !== 'object' || value === null) return value;
  const sorted = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return { map: sorted.map(([key, child]) => [key, sortKeys(child)]) };
}
