import { MAX_UPSTREAMS } from '../shared/memory.js';
import { Breather } from './breather.js';
import { readEnvironment } from './env.js';
import { readConfigFiles } from './files.js';
import { inactiveFeatures } from './inactive.js';
import { interpolateTree } from './interpolate.js';
import { mergeTrees } from './merge.js';
import { BuildContext } from './model/context.js';
import { routeDefaults } from './model/defaults.js';
import { resolveMiddleware } from './model/middleware.js';
import { isJavaScriptPath, moduleFile } from './model/plugin-modules.js';
import { PluginResolver } from './model/plugins.js';
import { RouteBuilder } from './model/routes.js';
import { checkShadows } from './model/shadows.js';
import { allTlsFiles, tlsFiles } from './model/tls-files.js';
import { checkUpstreamNames } from './model/upstream-references.js';
import { buildUpstream, settleFirstByte, upstreamNames } from './model/upstreams.js';
import { Problems } from './problems.js';
import { readJson } from './read-json.js';
import { readYaml } from './read-yaml.js';
import { rememberEnvironmentValues } from './redact.js';
import { configSchema } from './schema/schema.js';
import { checkSections } from './sections.js';
import { checkSettings } from './settings-check.js';
import { placeOf } from './tree.js';
/** Never throws for what is in the files. @throws TypeError when no path is given */
export async function loadConfig(options) {
    if (options.paths.length === 0)
        throw new TypeError('a configuration needs at least one path');
    const problems = new Problems();
    const { sources, watched } = await readConfigFiles(options.paths, problems);
    const tree = await readTree(sources, options.env, problems);
    if (tree === null)
        return { ok: false, problems: problems.sorted(), files: watched };
    const sections = await checkSections(tree, problems);
    const { routeSet, globals } = await buildRouteSet(tree, sections, options.builtins, problems);
    const tls = tlsFiles(sections.settings.tls, sections.upstreams, tree);
    const files = [...watched, ...moduleFiles(tree, sections), ...allTlsFiles(tls)];
    checkSettings(sections.settings, tree, problems);
    const { config } = sections;
    if (config === null || problems.hasErrors)
        return { ok: false, problems: problems.sorted(), files };
    rememberEnvironmentValues(config, tree);
    return {
        ok: true,
        config,
        routeSet,
        routeDefaults: routeDefaults(config.routing, globals),
        tlsFiles: tls,
        warnings: problems.sorted(),
        files,
        inactive: inactiveFeatures(config),
    };
}
/** @returns null when a file cannot be read or is no YAML or JSON: then further checks would blame the wrong lines */
async function readTree(sources, env, problems) {
    let readable = !problems.hasErrors;
    const trees = [];
    for (const source of sources) {
        const tree = source.name.endsWith('.json')
            ? readJson(source, problems)
            : await readYaml(source, problems);
        if (tree?.kind === 'map')
            trees.push(tree);
        else
            readable = false;
        if (tree !== null && tree.kind !== 'map') {
            const what = tree.kind === 'list' ? 'a list' : 'a single value';
            problems.error(tree, `expected keys such as "server:" and "routes:", got ${what}`);
        }
    }
    const [first, ...rest] = trees;
    if (first === undefined || !readable)
        return null;
    const merged = mergeTrees([first, ...rest]);
    const interpolated = interpolateTree(merged, env, problems);
    const overrides = readEnvironment(configSchema, env, interpolated, problems);
    return overrides === null ? merged : mergeTrees([merged, overrides]);
}
/** Complete only when `problems` holds no errors afterwards. */
async function buildRouteSet(tree, sections, builtins, problems) {
    const context = new BuildContext(tree, problems, sections.routing);
    const names = upstreamNames(context);
    if (names.size > MAX_UPSTREAMS) {
        problems.error(context.place(['upstreams']), `upstreams: ${names.size} are more than the ${MAX_UPSTREAMS} supported`);
    }
    const upstreams = sections.upstreams.map(({ value, path }) => buildUpstream(value, path, context));
    const plugins = new PluginResolver(context, builtins);
    await plugins.addEntries(sections.plugins);
    const globals = resolveMiddleware(sections.middleware, plugins, context) ?? [];
    const builder = new RouteBuilder(context, plugins, globals);
    const routes = [];
    const breather = new Breather();
    for (const { value, path } of sections.routes) {
        const built = builder.build(value, path);
        if (built !== null)
            routes.push(built);
        if (breather.isDue())
            await breather.breathe();
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
function moduleFiles(tree, { plugins }) {
    const files = [];
    for (const { value, path } of plugins) {
        if (value.path === undefined || !isJavaScriptPath(value.path))
            continue;
        const file = moduleFile(value.path, placeOf(tree, [...path, 'path']).source.name);
        if (file !== null)
            files.push(file);
    }
    return files;
}
//# sourceMappingURL=load.js.map