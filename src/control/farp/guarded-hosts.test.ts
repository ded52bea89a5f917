import assert from 'node:assert/strict';
import { it } from 'node:test';
import type { Endpoint, Route, RouteSet, Upstream } from '../../routing/model.ts';
import { guardedHosts } from './guarded-hosts.ts';

it('hosts of discovered services, unless the configuration names them too', () => {
  const upstream = (name: string, ...hosts: string[]) =>
    ({ name, endpoints: hosts.map((host) => ({ host }) as Endpoint) }) as unknown as Upstream;
  const route = (source: string, name: string) =>
    ({ source, action: { kind: 'proxy', targets: [{ upstream: name, weight: 1 }] } }) as unknown as Route;
  const routeSet: RouteSet = {
    upstreams: [
      upstream('own', 'own.test', 'both.test'),
      upstream('orders', 'orders.test', 'both.test', '10.0.0.1'),
      upstream('unused', 'unused.test'),
    ],
    routes: [route('file', 'own'), route('farp', 'orders')],
    plugins: [],
  };
  assert.deepEqual([...guardedHosts(routeSet)], ['orders.test', '10.0.0.1']);
});
