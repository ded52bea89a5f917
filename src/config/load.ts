/**
 * Configuration files to a checked `Config` and the routes in it. Nothing is reported half: a fault in one route does
 * not hide those of the others.
 */
import type { RouteDefaults } from '../routing/defaults.ts';
import type { RouteSet } from '../routing/model.ts';
import { MAX_UPSTREAMS } from '../shared/memory.ts';
import type { EngineName } from '../shared/messages.ts';
import { Breather } from './breather.ts';
import { checkDiscovery } from './discovery-check.ts';
import { readEnvironment } from './env.ts';
import { checkStateFile } from './farp-check.ts';
import { readConfigFiles } from './files.ts';
import { inactiveFeatures } from './inactive.ts';
import { type Environment, interpolateTree } from './interpolate.ts';
import { mergeTrees } from './merge.ts';
import { BuildContext } from './model/context.ts';
import { routeDefaults } from './model/defaults.ts';
import { settleFilePaths } from './model/file-paths.ts';
import { resolveMiddleware } from './model/middleware.ts';
import { isJavaScriptPath, moduleFile } from './model/plugin-modules.ts';
import { type Builtins, PluginResolver } from './model/plugins.ts';
import { type BuiltRoute, RouteBuilder } from './model/routes.ts';
import { serviceUpstreams } from './model/service-upstreams.ts';
import { checkShadows } from './model/shadows.ts';
import { allTlsFiles, type TlsFiles, tlsFiles } from './model/tls-files.ts';
import { checkUpstreamNames } from './model/upstream-references.ts';
import { buildUpstream, settleFirstByte, upstreamNames } from './model/upstreams.ts';
import { type Problem, Problems } from './problems.ts';
import { readJson } from './read-json.ts';
import { readYaml } from './read-yaml.ts';
import { rememberEnvironmentValues } from './redact.ts';
import { type Config, configSchema } from './schema/schema.ts';
import { type CheckedSections, checkSections } from './sections.ts';
import { checkSettings } from './settings-check.ts';
import { settleBackends } from './settle-backends.ts';
import { type ConfigNode, placeOf, type SourceText } from './tree.ts';

export interface LoadOptions {
  /** Files and directories, merged in this order. */
  readonly paths: readonly string[];
  readonly env: Environment;
  /** Built-in plugins by name; their schemas check the settings of plugins. */
  readonly builtins: Builtins;
  /** Overrules `server.engine`. */
  readonly engine?: EngineName;
}

export type LoadResult = LoadedConfig | RefusedConfig;

export interface LoadedConfig {
  readonly ok: true;
  readonly config: Config;
  readonly routeSet: RouteSet;
  /** For routes that do not come from the files. */
  readonly routeDefaults: RouteDefaults;
  /** Upstreams that take their endpoints from discovery, and the service that each of them means. */
  readonly serviceUpstreams: Readonly<Record<string, string>>;
  /** Certificates and keys, still to be read. */
  readonly tlsFiles: TlsFiles;
  readonly warnings: readonly Problem[];
  /** Absolute paths of the files and directories that this configuration came from, of plugin modules and certificates. */
  readonly files: readonly string[];
  /** One sentence for each part that is configured but that this version cannot do yet. */
  readonly inactive: readonly string[];
}

export interface RefusedConfig {
  readonly ok: false;
  /** All errors and warnings, in the order of the files. At least one error. */
  readonly problems: readonly Problem[];
  /** Like in `LoadedConfig`, so that a watcher notices when the fault is mended. */
  readonly files: readonly string[];
}

/** Never throws for what is in the files. @throws TypeError when no path is given */
export async function loadConfig(options: LoadOptions): Promise<LoadResult> {
  if (options.paths.length === 0) throw new TypeError('a configuration needs at least one path');
  const problems = new Problems();
  const { sources, watched } = await readConfigFiles(options.paths, problems);
  const tree = await readTree(sources, options.env, problems);
  if (tree === null) return { ok: false, problems: problems.sorted(), files: watched };

  const sections = await checkSections(tree, problems);
  if (options.engine !== undefined && sections.settings.server) {
    sections.settings.server.engine = options.engine;
  }
  const { routeSet, globals } = await buildRouteSet(tree, sections, options.builtins, problems);
  const tls = tlsFiles(sections.settings.tls, sections.upstreams, tree);
  const files = [...watched, ...moduleFiles(tree, sections), ...allTlsFiles(tls)];
  checkSettings(sections.settings, tree, problems);
  if (sections.settings.farp) checkStateFile(sections.settings.farp, tree, watched, problems);
  const { config } = sections;
  if (config === null || problems.hasErrors) return { ok: false, problems: problems.sorted(), files };
  rememberEnvironmentValues(config, tree);
  checkDiscovery(config, tree, problems);
  settleBackends(config.discovery);
  settleFilePaths(config, tree);
  return {
    ok: true,
    config,
    routeSet,
    routeDefaults: routeDefaults(config.routing, globals),
    serviceUpstreams: serviceUpstreams(config, tree, problems),
    tlsFiles: tls,
    warnings: problems.sorted(),
    files,
    inactive: inactiveFeatures(config),
  };
}

/** @returns null when a file cannot be read or is no YAML or JSON: then further checks would blame the wrong lines */
async function readTree(
  sources: readonly SourceText[],
  env: Environment,
  problems: Problems,
): Promise<ConfigNode | null> {
  let readable = !problems.hasErrors;
  const trees: ConfigNode[] = [];
  for (const source of sources) {
    const tree = source.name.endsWith('.json')
      ? readJson(source, problems)
      : await readYaml(source, problems);
    if (tree?.kind === 'map') trees.push(tree);
    else readable = false;
    if (tree !== null && tree.kind !== 'map') {
      const what = tree.kind === 'list' ? 'a list' : 'a single value';
      problems.error(tree, `expected keys such as "server:" and "routes:", got ${what}`);
    }
  }
  const [first, ...rest] = trees;
  if (first === undefined || !readable) return null;
  const merged = mergeTrees([first, ...rest]);
  const interpolated = interpolateTree(merged, env, problems);
  const overrides = readEnvironment(configSchema, env, interpolated, problems);
  return overrides === null ? merged : mergeTrees([merged, overrides]);
}

/** Complete only when `problems` holds no errors afterwards. */
async function buildRouteSet(
  tree: ConfigNode,
  sections: CheckedSections,
  builtins: Builtins,
  problems: Problems,
): Promise<{ routeSet: RouteSet; globals: string[] }> {
  const context = new BuildContext(tree, problems, sections.routing);
  const names = upstreamNames(context);
  if (names.size > MAX_UPSTREAMS) {
    problems.error(
      context.place(['upstreams']),
      `upstreams: ${names.size} are more than the ${MAX_UPSTREAMS} supported`,
    );
  }
  const upstreams = sections.upstreams.map(({ value, path }) => buildUpstream(value, path, context));

  const plugins = new PluginResolver(context, builtins);
  await plugins.addEntries(sections.plugins);
  const globals = resolveMiddleware(sections.middleware, plugins, context) ?? [];

  const builder = new RouteBuilder(context, plugins, globals);
  const routes: BuiltRoute[] = [];
  const breather = new Breather();
  for (const { value, path } of sections.routes) {
    const built = builder.build(value, path);
    if (built !== null) routes.push(built);
    if (breather.isDue()) await breather.breathe();
  }
  checkUpstreamNames(names, context);
  checkShadows(routes, context);
  plugins.finish();
  const plain = routes.map(({ route }) => route);
  return {
    routeSet: {
      routes: plain,
      upstreams: settleFirstByte(upstreams, plain, sections.routing.timeout),
      plugins: plugins.instances,
    },
    globals: globals.map((plugin) => plugin.id),
  };
}

function moduleFiles(tree: ConfigNode, { plugins }: CheckedSections): string[] {
  const files: string[] = [];
  for (const { value, path } of plugins) {
    if (value.path === undefined || !isJavaScriptPath(value.path)) continue;
    const file = moduleFile(value.path, placeOf(tree, [...path, 'path']).source.name);
    if (file !== null) files.push(file);
  }
  return files;
}
