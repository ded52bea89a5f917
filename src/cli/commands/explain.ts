import { loadConfig } from '../../config/load.ts';
import { formatProblem } from '../../config/problems.ts';
import { workerSettings } from '../../config/settings.ts';
import { BUILTIN_PLUGINS } from '../../plugins/builtin/registry.ts';
import { compileSnapshot } from '../../routing/compile.ts';
import { METHOD_NOT_ALLOWED } from '../../routing/matcher.ts';
import type { PathRewrite, Route, RouteSet } from '../../routing/model.ts';
import { rewritePath } from '../../routing/rewrite.ts';
import { Snapshot } from '../../routing/snapshot.ts';
import type { PathPolicy } from '../../shared/messages.ts';
import { CONFIG_HELP, CONFIG_OPTION, type Command, type Invocation } from '../command.ts';
import { configPaths } from '../config-paths.ts';
import {
  describeAction,
  describeConditions,
  describeHost,
  describeMethods,
  describeOrigin,
} from '../describe-route.ts';
import { EXIT_OK, EXIT_REFUSED } from '../exit-codes.ts';
import { nearMisses } from '../explain/near-misses.ts';
import { type ExplainedRequest, readRequest } from '../explain/request.ts';
import { servicesNote } from '../services-note.ts';
import { table } from '../table.ts';

export const command: Command = {
  usage: "explain METHOD URL [-H 'name: value']... [-c FILE_OR_DIR...]",
  help: `
Tells which route of the configuration a request takes, what happens to it there, and why routes that nearly fit do
not take it. URL is absolute, host/path, or only a path. Nothing is started and nothing is sent.

Options:
  -H, --header 'name: value'   a request header, may be repeated; Host goes before the host of the URL
${CONFIG_HELP}
  -h, --help                   this text

Exit codes: 0 a route takes the request, 1 none does or the configuration is refused, 2 wrong usage
`,
  options: { ...CONFIG_OPTION, header: { type: 'string', short: 'H', multiple: true } },
  positionals: { min: 2, max: 2 },
  run: explain,
};

async function explain(invocation: Invocation): Promise<number> {
  const [method = '', url = '', ...morePaths] = invocation.positionals;
  const paths = configPaths(invocation, morePaths);
  const result = await loadConfig({ paths, env: invocation.env, builtins: BUILTIN_PLUGINS });
  if (!result.ok) {
    for (const problem of result.problems) invocation.err(`${formatProblem(problem)}\n`);
    return EXIT_REFUSED;
  }
  const code = runExplain({
    routeSet: result.routeSet,
    policy: workerSettings(result.config, '').pathPolicy,
    method,
    url,
    headers: (invocation.values['header'] ?? []) as readonly string[],
    out: invocation.out,
  });
  invocation.err(servicesNote(result.config));
  return code;
}

export interface ExplainOptions {
  readonly routeSet: RouteSet;
  readonly policy: PathPolicy;
  readonly method: string;
  readonly url: string;
  /** `Name: value` each. */
  readonly headers: readonly string[];
  readonly out: (text: string) => void;
}

/**
 * @returns the exit code
 * @throws UsageError when method, URL or headers make no request
 */
export function runExplain({ routeSet, policy, method, url, headers, out }: ExplainOptions): number {
  const request = readRequest(method, url, headers, policy);
  const { host, path, search, fields, sentPath } = request;
  out(`${method} ${host}${sentPath}${search}\n\n`);
  if (method === 'CONNECT' || method === 'TRACE') {
    out(`Refused before routing: 501, ${method} is never forwarded\n`);
    return EXIT_REFUSED;
  }
  if (path === null) {
    out('Refused before routing: 400, servers read this path differently (see server.path_policy)\n');
    return EXIT_REFUSED;
  }
  if (path !== sentPath) out(`Canonical path: ${path}\n\n`);

  const { buffer, refused } = compileSnapshot(routeSet, 1);
  const snapshot = new Snapshot(buffer);
  const index = snapshot.find(host, path, method, fields);
  // Route indexes count the routes that were not refused.
  const accepted = routeSet.routes.filter((route) => !refused.some((one) => one.route === route));
  const match = accepted[index] ?? null;
  if (match !== null) {
    out(`Matches ${match.path}\n${table(matchRows(match, request, snapshot.params(index, path)), '  ')}\n`);
  } else if (index === METHOD_NOT_ALLOWED) {
    out(
      `No route takes ${method} here: 405, Allow: ${snapshot.allowedMethods(host, path, fields).join(', ')}\n`,
    );
  } else {
    out('No route: 404\n');
  }

  const misses = nearMisses(routeSet.routes, match, request);
  if (misses.length > 0) out('\nNear misses\n');
  for (const { route, reasons } of misses) {
    out(`  ${describeMethods(route)} ${route.host}${route.path}  (${describeOrigin(route)})\n`);
    for (const reason of reasons) out(`      ${reason}\n`);
  }
  return match === null ? EXIT_REFUSED : EXIT_OK;
}

function matchRows(
  route: Route,
  request: ExplainedRequest,
  params: Readonly<Record<string, string>>,
): string[][] {
  const { action } = route;
  const rows = [
    ['from', describeOrigin(route)],
    ['host', describeHost(route)],
    ['methods', describeMethods(route)],
  ];
  if (route.priority !== 0) rows.push(['priority', String(route.priority)]);
  if (route.headers.length + route.query.length > 0) rows.push(['conditions', describeConditions(route)]);
  for (const [name, value] of Object.entries(params)) rows.push(['param', `${name} = ${value}`]);
  if (route.plugins.length > 0) rows.push(['plugins', route.plugins.join(', ')]);
  rows.push(['action', describeAction(action)]);
  if (action.kind === 'proxy')
    rows.push(['sends', `${request.method} ${sentUpstream(action.rewrite, request)}`]);
  return rows;
}

/** The received path goes on as it is, unless a rewrite or rule B13 asks for another. */
function sentUpstream(rewrite: PathRewrite | null, { path, sentPath, search }: ExplainedRequest): string {
  if (rewrite !== null) return rewritePath(rewrite, path!) + search;
  return (path!.length === sentPath.length ? sentPath : path) + search;
}
