// The part of hello.mjs that every service has: tells the gateway of a service until the process is told to stop.
import { createHash } from 'node:crypto';

const GATEWAY = process.env.GATEWAY ?? 'http://127.0.0.1:8080';
const HEARTBEAT = 5_000;
const RETRY = 300;

/**
 * @param {{ name: string, port: number, openapi: object, server: import('node:http').Server }} service
 *   answers `/health` and, with `openapi`, `/openapi.json`
 */
export function announce({ name, port, openapi, server }) {
  const id = `${name}-${process.pid}`;
  const hash = sha256(JSON.stringify(openapi));
  const manifest = {
    version: '1.1.0',
    service_name: name,
    service_version: openapi.info.version,
    instance_id: id,
    schemas: [
      {
        type: 'openapi',
        spec_version: '3.1.0',
        content_type: 'application/json',
        hash,
        location: { type: 'http', url: `http://127.0.0.1:${port}/openapi.json` },
      },
    ],
    endpoints: { health: '/health', openapi: '/openapi.json' },
    routing: { strategy: 'service' },
    checksum: sha256(hash),
  };
  const register = () =>
    tell('POST', 'register', { instance: { id, service_name: name, address: '127.0.0.1', port }, manifest });
  // A gateway that was started anew, or later than the service, does not know it yet.
  let known = false;
  const beat = async () => {
    const response = await (known ? tell('PUT', `heartbeat/${id}`, { status: 'healthy' }) : register());
    known = response?.ok === true;
    timer = setTimeout(beat, known ? HEARTBEAT : RETRY);
  };
  let timer;
  server.listen(port, '127.0.0.1', beat);
  process.once('SIGTERM', async () => {
    clearTimeout(timer);
    await tell('DELETE', `deregister/${id}`);
    server.close(() => process.exit(0));
    server.closeIdleConnections();
  });
}

/** @returns null when the gateway cannot be reached */
async function tell(method, path, body) {
  try {
    return await fetch(`${GATEWAY}/_farp/v1/${path}`, { method, body: JSON.stringify(body) });
  } catch {
    return null;
  }
}

function sha256(text) {
  return createHash('sha256').update(text).digest('hex');
}
