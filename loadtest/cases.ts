/**
 * What is measured. Every case is plain data: the origin, the peers and the load generators read what concerns them.
 */

/** `--quick`, `--short`, or neither. */
export const EXTENTS = ['quick', 'short', 'full'] as const;
export type Extent = (typeof EXTENTS)[number];

/** What clients speak, and with it what the load is made of: wrk, h2load, h2load with a body, our own generator. */
export type Client = 'http1' | 'http2' | 'grpc' | 'websocket';

export interface Case {
  readonly name: string;
  readonly title: string;
  /** The origin of HTTP/2 cases speaks HTTP/1.1, that of gRPC HTTP/2, that of WebSocket sends back what it gets. */
  readonly client: Client;
  /** `loadtest/wrk/<script>.lua`, the load at peak over HTTP/1.1. */
  readonly script: 'get' | 'post' | 'routes' | 'close';
  /** What is asked for; the origin answers it with `responseBytes` of body. */
  readonly path: string;
  readonly responseBytes: number;
  /** Routes in the proxy's table; 0 means one that takes every path. */
  readonly routes: number;
  /** 1: a request header is added. 3: also the client address is checked against a list and a rate is counted. */
  readonly plugins: 0 | 1 | 3;
  readonly workers: number;
  /** Requests that may share a connection to the origin; only Octopus can do more than 1. */
  readonly pipelining: number;
  /** Clients speak TLS. */
  readonly tls: boolean;
  /** The configuration is reloaded once a second under load. */
  readonly reload: boolean;
  /** Latency at a fixed rate (half of the peak) is measured too. */
  readonly fixedRate: boolean;
  /** Not 0: no load, memory is read while that many connections are open. */
  readonly idleConnections: number;
  /** The smallest extent that it is part of. */
  readonly from: Extent;
}

/** The origin's answer to every path but the two files: 78 bytes. */
export const SMALL_JSON = '{"id":12345,"name":"octopus","arms":8,"hearts":3,"habitat":"ocean","ok":true}\n';

/** Answers with what reached the origin in X-Forwarded-For: the check that a proxy does the work it is measured for. */
export const ECHO_PATH = '/echo';

/** What a message of gRPC costs beside its content: flag and length. */
const GRPC_PREFIX_BYTES = 5;

export const FILE_SIZES = [10_240, 102_400] as const;

const plain: Case = {
  name: 'small-json',
  title: 'Small JSON (78 bytes)',
  client: 'http1',
  script: 'get',
  path: '/api/item',
  responseBytes: SMALL_JSON.length,
  routes: 0,
  plugins: 0,
  workers: 1,
  pipelining: 1,
  tls: false,
  reload: false,
  fixedRate: false,
  idleConnections: 0,
  from: 'quick',
};

export const CASES: readonly Case[] = [
  { ...plain, fixedRate: true },
  {
    ...plain,
    name: 'body-10k',
    from: 'short',
    title: '10 KB body',
    path: '/files/10240',
    responseBytes: 10_240,
  },
  { ...plain, name: 'body-100k', title: '100 KB body', path: '/files/102400', responseBytes: 102_400 },
  { ...plain, name: 'post-1k', title: 'POST with a 1 KB body', script: 'post' },
  {
    ...plain,
    name: 'connections',
    from: 'short',
    title: 'A connection for each request',
    script: 'close',
  },
  { ...plain, name: 'plugins-1', from: 'short', title: 'One plugin', plugins: 1 },
  { ...plain, name: 'plugins-3', title: 'Three plugins', plugins: 3 },
  {
    ...plain,
    name: 'routes-1k',
    title: '1,000 routes with a parameter',
    script: 'routes',
    routes: 1_000,
    path: routePath(0),
  },
  {
    ...plain,
    name: 'routes-100k',
    // nginx takes a minute to read its configuration.
    from: 'full',
    title: '100,000 routes with a parameter',
    script: 'routes',
    routes: 100_000,
    path: routePath(0),
  },
  { ...plain, name: 'tls', title: 'Small JSON over TLS', tls: true },
  {
    ...plain,
    name: 'h2',
    from: 'short',
    title: 'Small JSON over HTTP/2 with TLS',
    client: 'http2',
    tls: true,
  },
  { ...plain, name: 'h2c', from: 'short', title: 'Small JSON over HTTP/2 without TLS', client: 'http2' },
  {
    ...plain,
    name: 'grpc',
    title: 'gRPC, unary calls (78 bytes each way)',
    client: 'grpc',
    path: '/loadtest.Items/Get',
    responseBytes: GRPC_PREFIX_BYTES + SMALL_JSON.length,
  },
  {
    ...plain,
    name: 'websocket',
    from: 'short',
    title: 'WebSocket, messages of 78 bytes and their echoes',
    client: 'websocket',
    path: '/socket',
  },
  { ...plain, name: 'pipelining', title: 'Pipelining to the origin, 8 deep', pipelining: 8, fixedRate: true },
  { ...plain, name: 'reload', title: 'Reload every second', reload: true, fixedRate: true },
  { ...plain, name: 'workers-2', title: 'Two workers', workers: 2 },
  {
    ...plain,
    name: 'idle-10k',
    title: '10,000 idle connections, two workers',
    workers: 2,
    idleConnections: 10_000,
  },
];

export function isHttp2({ client }: Pick<Case, 'client'>): boolean {
  return client === 'http2' || client === 'grpc';
}

/** For proxies that are set up for nothing else. */
export function isPlainHttp1({ client, tls }: Case): boolean {
  return client === 'http1' && !tls;
}

/** Route number `index` is `<prefix>{id}`; `wrk/routes.lua` makes the same paths. */
export function routePrefix(index: number): string {
  return `/service${index}/items/`;
}

function routePath(index: number): string {
  return `${routePrefix(index)}7`;
}
