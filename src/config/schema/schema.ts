/**
 * The configuration. This schema is the one source of its types, its JSON Schema (`octopus schema`) and
 * `docs/configuration.md`. Times are milliseconds, sizes bytes and shares 0 to 1 once parsed.
 */
import { z } from 'zod';
import { discoverySchema } from './discovery.ts';
import { farpSchema } from './farp.ts';
import { adminSchema, observabilitySchema } from './platform.ts';
import { middlewareItem, pluginSchema, routeDefaults, routeSchema } from './route.ts';
import { serverSchema } from './server.ts';
import { tlsSchema } from './tls.ts';
import { upstreamDefaults, upstreamSchema } from './upstream.ts';

const routingSchema = z.strictObject({ ...routeDefaults, ...upstreamDefaults });

export const configSchema = z.strictObject({
  server: serverSchema.prefault({}).describe('Listeners, limits and request handling.'),
  tls: tlsSchema.prefault({}).describe('HTTPS towards clients.'),
  discovery: discoverySchema.prefault({}).describe('Finding services.'),
  farp: farpSchema.prefault({}).describe('Services that describe themselves.'),
  routing: routingSchema.prefault({}).describe('Defaults for all routes and upstreams.'),
  middleware: z.array(middlewareItem).prefault([]).describe('Plugins that apply to every route, in order.'),
  plugins: z.array(pluginSchema).prefault([]).describe('Settings of plugins, and plugins of your own.'),
  admin: adminSchema.prefault({}).describe('The admin API.'),
  observability: observabilitySchema.prefault({}).describe('Metrics, traces and logs.'),
  upstreams: z.array(upstreamSchema).prefault([]).describe('Named groups of endpoints.'),
  routes: z.array(routeSchema).prefault([]).describe('What goes where.'),
});

/** A parsed configuration: every default filled in, except what `routes` and `upstreams` inherit from `routing`. */
export type Config = z.output<typeof configSchema>;
export type ServerConfig = Config['server'];
export type RoutingConfig = Config['routing'];
export type RouteConfig = Config['routes'][number];
export type UpstreamConfig = Config['upstreams'][number];
export type PluginConfig = Config['plugins'][number];
export type MiddlewareItem = Config['middleware'][number];
export type RetriesConfig = RoutingConfig['retries'];
