import type { Resource } from './resource.ts';
import { sendJson, sendLists, sendProblem } from './respond.ts';

export const SERVICE_RESOURCES: readonly Resource[] = [
  {
    path: '/_/services',
    method: 'GET',
    summary: 'Discovered services, and the backends that told of them.',
    isPublic: false,
    answer: (request, response, state) => sendLists(request, response, { ...state.services() }),
  },
  {
    path: '/_/services/{name}',
    method: 'GET',
    summary: 'One service: manifest, schemas, instances, routes, problems and history.',
    isPublic: false,
    answer(request, response, state) {
      const report = state.service(lastSegment(request.url ?? ''));
      if (report !== null) {
        sendJson(request, response, 200, report);
        return;
      }
      const detail = 'The list of services is at /_/services.';
      sendProblem(request, response, { status: 404, title: 'No such service', detail });
    },
  },
];

/** Names of services are plain ASCII: what is encoded is none of them. */
function lastSegment(url: string): string {
  const [path = ''] = url.split('?', 1);
  return path.slice(path.lastIndexOf('/') + 1);
}
