/** What each path of the admin API answers. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { formatFor } from '../telemetry/exposition-format.ts';
import { DOCUMENT_RESOURCES } from './documents.ts';
import { indexPage } from './index-page.ts';
import type { Resource } from './resource.ts';
import { send, sendCompressible, sendJson, sendLists, sendProblem } from './respond.ts';
import { SERVICE_RESOURCES } from './service-resources.ts';
import type { AdminState } from './state.ts';
import { conflictView, refusedView, routeView } from './views.ts';

/** `metricsPath` is '' when metrics are off. */
export function resources(metricsPath: string, metricsPublic: boolean): readonly Resource[] {
  // Of two with the same path the later one is found: nobody can configure the health paths away.
  const list: Resource[] = [];
  if (metricsPath !== '') {
    list.push({
      path: metricsPath,
      method: 'GET',
      summary: 'Metrics for Prometheus, as OpenMetrics if the client prefers that.',
      isPublic: metricsPublic,
      answer: metrics,
    });
  }
  list.push({
    path: '/',
    method: 'GET',
    summary: 'This list.',
    isPublic: false,
    answer: (request, response) => index(request, response, list),
  });
  list.push(...FIXED, ...SERVICE_RESOURCES, ...DOCUMENT_RESOURCES);
  return list;
}

const FIXED: readonly Resource[] = [
  {
    path: '/_/health',
    method: 'GET',
    summary: 'Status with details; 503 while starting or draining.',
    isPublic: true,
    answer(request, response, state) {
      const report = state.health();
      const serves = report.status === 'ok' || report.status === 'degraded';
      sendJson(request, response, serves ? 200 : 503, report);
    },
  },
  {
    path: '/_/live',
    method: 'GET',
    summary: '200 as long as the process answers at all.',
    isPublic: true,
    answer: (request, response) => sendJson(request, response, 200, { live: true }),
  },
  {
    path: '/_/ready',
    method: 'GET',
    summary: '200 when requests are welcome, else 503 with the reason.',
    isPublic: true,
    answer(request, response, state) {
      const { ready, reason } = state.readiness();
      sendJson(request, response, ready ? 200 : 503, ready ? { ready } : { ready, reason });
    },
  },
  {
    path: '/_/routes',
    method: 'GET',
    summary: 'Routes in force, conflicts between routes, and routes that were refused.',
    isPublic: false,
    answer: (request, response, state) =>
      sendLists(request, response, {
        routes: mapped(state.routes(), routeView),
        conflicts: mapped(state.conflicts(), conflictView),
        refused: mapped(state.refused(), refusedView),
      }),
  },
  {
    path: '/_/upstreams',
    method: 'GET',
    summary: 'Upstreams and their endpoints with health, load, ejections and circuit breaker.',
    isPublic: false,
    answer: (request, response, state) => sendLists(request, response, { upstreams: state.upstreams() }),
  },
  {
    path: '/_/plugins',
    method: 'GET',
    summary: 'Plugins that the routes use.',
    isPublic: false,
    answer: (request, response, state) => sendLists(request, response, { plugins: state.plugins() }),
  },
  {
    path: '/_/config',
    method: 'GET',
    summary: 'The configuration in force with all defaults; secrets are hidden.',
    isPublic: false,
    answer: (request, response, state) => sendJson(request, response, 200, state.config()),
  },
  {
    path: '/_/reload',
    method: 'POST',
    summary: 'Reads the configuration again; 422 with every problem if it is refused.',
    isPublic: false,
    async answer(request, response, state) {
      const report = await state.reload();
      if (report.ok) {
        sendJson(request, response, 200, report);
        return;
      }
      sendProblem(request, response, {
        status: 422,
        title: 'Configuration refused',
        detail: 'The configuration in force stays as it is.',
        members: { ok: false, problems: report.problems },
      });
    },
  },
];

async function metrics(request: IncomingMessage, response: ServerResponse, state: AdminState): Promise<void> {
  const exposition = await state.metrics(formatFor(request.headers.accept));
  await sendCompressible(request, response, exposition.contentType, exposition.body);
}

function index(request: IncomingMessage, response: ServerResponse, list: readonly Resource[]): void {
  const shown = list.filter(({ summary }) => summary !== '');
  if (/\btext\/html\b/.test(request.headers.accept ?? '')) {
    send(request, response, 200, 'text/html; charset=utf-8', indexPage(shown), { Vary: 'Accept' });
    return;
  }
  const body = shown.map(({ method, path, summary }) => ({ method, path, summary }));
  send(request, response, 200, 'application/json', `${JSON.stringify({ paths: body }, null, 2)}\n`, {
    Vary: 'Accept',
  });
}

function* mapped<In, Out>(list: readonly In[], view: (element: In) => Out): Iterable<Out> {
  for (const element of list) yield view(element);
}
