/** Reads the configuration the way that `run` and every reload do, in a thread of its own: see `config-reader.ts`. */
import { createHash } from 'node:crypto';
import { loadConfig } from '../config/load.js';
import { formatProblem } from '../config/problems.js';
import { environmentPathsOf } from '../config/redact.js';
import { BUILTIN_PLUGINS } from '../plugins/builtin/registry.js';
import { applyOverrides } from './overrides.js';
import { readTls } from './tls/read-tls.js';
export async function readConfig({ paths, env, overrides }) {
    const result = await loadConfig({ paths, env, builtins: BUILTIN_PLUGINS });
    if (!result.ok)
        return { ok: false, problems: result.problems.map(formatProblem), files: result.files };
    applyOverrides(result.config, overrides);
    const tls = await readTls(result.tlsFiles, result.config.tls);
    if (tls.problems.length > 0)
        return { ok: false, problems: tls.problems, files: result.files };
    const { routeSet } = result;
    const upstreams = routeSet.upstreams.map((upstream) => {
        const credentials = tls.digests[upstream.name];
        return credentials === undefined ? upstream : { ...upstream, tls: { ...upstream.tls, credentials } };
    });
    const loaded = { ...result, routeSet: { ...routeSet, upstreams } };
    return {
        ok: true,
        loaded,
        tls: { server: tls.server, credentials: tls.credentials },
        warnings: [...result.warnings.map(formatProblem), ...tls.warnings],
        digest: digestOf(loaded, tls.server?.digest ?? ''),
        files: result.files,
        environmentPaths: environmentPathsOf(result.config),
    };
}
/** Plugin instances carry a digest of their code in their id, so that a changed module is a changed configuration. */
function digestOf({ config, routeSet }, certificates) {
    const hash = createHash('sha256').update(certificates);
    for (const part of [config, routeSet.upstreams, routeSet.plugins])
        hash.update(JSON.stringify(part));
    for (const route of routeSet.routes)
        hash.update(JSON.stringify(route));
    return hash.digest('base64');
}
//# sourceMappingURL=config-loader.js.map