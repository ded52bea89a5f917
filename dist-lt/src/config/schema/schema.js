/**
 * The configuration. This schema is the one source of its types, its JSON Schema (`octopus schema`) and
 * `docs/configuration.md`. Times are milliseconds, sizes bytes and shares 0 to 1 once parsed.
 */
import { z } from 'zod';
import { adminSchema, discoverySchema, farpSchema, observabilitySchema } from './platform.js';
import { middlewareItem, pluginSchema, routeDefaults, routeSchema } from './route.js';
import { serverSchema } from './server.js';
import { tlsSchema } from './tls.js';
import { upstreamDefaults, upstreamSchema } from './upstream.js';
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
//# sourceMappingURL=schema.js.map