/** From `/v1/health/service/NAME` to the instances of a service. */
import { isObject, type JsonObject, listOf, objectOf, stringOf } from '../../shared/json.ts';
import type { Entry } from '../backend.ts';
import type { InstanceStatus } from '../provider.ts';
import { readInstance } from '../read-instance.ts';
import { scaleWeights } from '../weights.ts';

export function readService(name: string, body: unknown): Entry {
  const key = name;
  if (!Array.isArray(body)) {
    return {
      key,
      instances: [],
      refusals: [{ subject: `service ${name}`, reason: 'the answer is no list' }],
    };
  }
  const items = body.filter(isObject);
  const weights = scaleWeights(items.map(weightOf), 0);
  const ids = new Map<string, number>();
  for (const item of items) {
    const id = stringOf(objectOf(item['Service'])['ID']);
    ids.set(id, (ids.get(id) ?? 0) + 1);
  }
  const read = items.map((item, index) => {
    const node = objectOf(item['Node']);
    const service = objectOf(item['Service']);
    const meta = objectOf(service['Meta']);
    const id = stringOf(service['ID']);
    const nodeName = stringOf(node['Node']);
    return readInstance(
      {
        // Ids are the node's own: services are commonly registered under their name on every node.
        id: (ids.get(id) ?? 0) > 1 ? `${nodeName}/${id}` : id,
        service: service['Service'] ?? name,
        version: meta['version'],
        // A service without address is at the address of its node.
        address: stringOf(service['Address']) || node['Address'],
        port: service['Port'],
        weight: weights[index],
        zone: zoneOf(service) || zoneOf(node),
        status: statusOf(listOf(item['Checks'])),
        tags: service['Tags'],
        metadata: service['Meta'],
      },
      `service ${name}, ${nodeName}/${id}`,
    );
  });
  return {
    key,
    instances: read.flatMap(({ instance }) => instance ?? []),
    refusals: read.flatMap(({ refusals }) => refusals),
  };
}

/** The weight for traffic while its checks pass; 1 unless stated. */
function weightOf(item: JsonObject): number {
  const stated = objectOf(objectOf(item['Service'])['Weights'])['Passing'];
  return typeof stated === 'number' ? stated : 1;
}

function zoneOf(place: JsonObject): string {
  return stringOf(objectOf(place['Locality'])['Zone']);
}

/** The worst check counts. Maintenance, which is a check with a name of its own, is no failure. */
function statusOf(checks: readonly unknown[]): InstanceStatus {
  let status: InstanceStatus = 'healthy';
  for (const check of checks) {
    const { CheckID: id, Status: state } = objectOf(check);
    if (stringOf(id).startsWith('_service_maintenance') || id === '_node_maintenance') return 'draining';
    if (state === 'critical') status = 'unhealthy';
    else if (state === 'warning' && status === 'healthy') status = 'degraded';
  }
  return status;
}
