/** Entry of a worker thread: loads generations, serves, drains, and tells the primary. */
import { parentPort, workerData } from 'node:worker_threads';
import type { Engine } from '../engine/engine.ts';
import type { TlsContexts } from '../engine/tls/contexts.ts';
import { loadPlugins } from '../plugins/loader.ts';
import { Snapshot } from '../routing/snapshot.ts';
import { onTick } from '../shared/coarse-clock.ts';
import { readReady, type SocketRing, useDirectSockets } from '../shared/direct-sockets.ts';
import { EndpointCells } from '../shared/endpoint-cells.ts';
import { Heartbeats } from '../shared/heartbeats.ts';
import type { FromWorker, Generation, LogLevel, ToWorker, WorkerInit } from '../shared/messages.ts';
import type { TlsSettings } from '../shared/tls-settings.ts';
import { UpstreamCells } from '../shared/upstream-cells.ts';
import { MemoryLimitStore } from '../state/memory-limit-store.ts';
import { AccessLog } from '../telemetry/access-log.ts';
import { Recorder } from '../telemetry/recorder.ts';
import { ThreadProbe } from '../telemetry/thread-probe.ts';
import { createEngine } from './create-engine.ts';
import { DataPlane } from './data-plane.ts';
import { LoadedGeneration } from './generation.ts';
import { UpstreamRegistry } from './upstream-registry.ts';

/** How long a drained worker waits for the last bytes of its last responses to leave. */
const DRAIN_POLL_MS = 20;

const init = workerData as WorkerInit;
const port = parentPort!;

function send(message: FromWorker): void {
  port.postMessage(message);
}

function log(level: LogLevel, message: string, fields: Record<string, string | number | boolean> = {}): void {
  send({ type: 'log', level, message, fields: { worker: init.workerIndex, ...fields } });
}

const { memory } = init;
const recorder = new Recorder(memory.metrics[init.workerIndex]!, (series) =>
  send({ type: 'series', series }),
);
const upstreams = new UpstreamRegistry(
  new EndpointCells(memory.endpoints, init.workerIndex),
  new UpstreamCells(memory.upstreams, init.workerIndex),
  recorder,
  init.workerCount,
);
const limits = new MemoryLimitStore(memory.limits);

async function load(generation: Generation, previous: LoadedGeneration | null): Promise<LoadedGeneration> {
  const snapshot = new Snapshot(generation.snapshot);
  const plugins = await loadPlugins(snapshot.plugins(), previous?.plugins ?? null, {
    limits,
    log,
    count: (plugin, event) => recorder.counter('octopus_plugin_events_total', { plugin, event }).add(1),
  });
  const { version, settings } = generation;
  const tls = await loadTls(settings.tls, previous);
  await upstreams.prepare(generation);
  return new LoadedGeneration(version, snapshot, settings, plugins, tls);
}

/** Certificates that a reload leaves alone are not read again. @throws Error when OpenSSL refuses them */
async function loadTls(
  settings: TlsSettings | null,
  previous: LoadedGeneration | null,
): Promise<TlsContexts | null> {
  if (settings === null) return null;
  const current = previous?.tls ?? null;
  if (current?.settings.digest === settings.digest) return current;
  const { TlsContexts } = await import('../engine/tls/contexts.ts');
  return new TlsContexts(settings);
}

/** A worker that cannot be pinned serves all the same. */
async function pin(): Promise<void> {
  try {
    const { pinToCore } = await import('./pin-cpu.ts');
    log('info', 'worker stays on one core', { core: pinToCore(init.workerIndex) });
  } catch (error) {
    log('warn', 'worker is not kept on one core', { reason: reasonOf(error) });
  }
}

/** Where it cannot be done, sockets are read as always. */
async function openDirectSockets(): Promise<void> {
  const { DirectSockets } = await import('../../native-bindings/direct-sockets.ts');
  const sockets = DirectSockets.open(readReady);
  useDirectSockets(sockets, sockets !== null && init.ioUring ? await openRing() : null);
}

/** Where it cannot be done, each socket has calls of its own. */
async function openRing(): Promise<SocketRing | null> {
  const { SocketRing } = await import('../../native-bindings/socket-ring.ts');
  return SocketRing.open();
}

async function start(): Promise<void> {
  if (init.pinCpus) await pin();
  if (init.directSockets) await openDirectSockets();
  let generation: LoadedGeneration;
  upstreams.setAddresses(init.generation.addresses);
  try {
    generation = await load(init.generation, null);
  } catch (error) {
    send({ type: 'refuse', version: init.generation.version, reason: reasonOf(error) });
    port.close();
    return;
  }
  const accessLog = new AccessLog((lines) => send({ type: 'access', lines }), generation.settings.accessLog);
  const plane = new DataPlane({
    generation,
    ticketKeys: init.generation.ticketKeys,
    upstreams,
    recorder,
    accessLog,
    workerIndex: init.workerIndex,
    log,
    ask: send,
  });
  acknowledge(generation);

  const share = Math.max(1, Math.ceil(generation.limits.connections / init.workerCount));
  const engine = await createEngine(init, plane, share);
  process.once('exit', () => engine.abandon?.());
  const listening = await engine.listen();
  const heartbeats = new Heartbeats(memory.heartbeats);
  onTick(() => heartbeats.beat(init.workerIndex));
  send({ type: 'listening', port: listening });
  new ThreadProbe(recorder, init.workerIndex);
  serve(plane, engine, accessLog);
}

function serve(plane: DataPlane, engine: Engine, accessLog: AccessLog): void {
  let prepared: { generation: LoadedGeneration; addresses: Generation['addresses'] } | null = null;

  /** Unloads what was loaded for a generation that will not come. */
  function forget(): void {
    prepared?.generation.retire();
    prepared = null;
  }

  async function prepare(generation: Generation): Promise<void> {
    forget();
    send({ type: 'preparing', version: generation.version });
    try {
      const loaded = await load(generation, plane.generation);
      forget();
      prepareTls(loaded);
      prepared = { generation: loaded, addresses: generation.addresses };
      send({ type: 'prepared', version: generation.version });
    } catch (error) {
      send({ type: 'refuse', version: generation.version, reason: reasonOf(error) });
    }
  }

  function prepareTls(loaded: LoadedGeneration): void {
    try {
      engine.prepareTls?.(loaded.tls);
    } catch (error) {
      loaded.retire();
      throw error;
    }
  }

  /** Cannot fail: everything that could was done by `prepare`. */
  function commit(version: number): void {
    if (prepared === null || prepared.generation.version !== version) return;
    const { generation, addresses } = prepared;
    prepared = null;
    upstreams.setAddresses(addresses);
    const replaced = plane.generation;
    plane.generation = generation;
    engine.applyTls?.();
    replaced.retire();
    accessLog.update(generation.settings.accessLog);
    engine.setMaxConnections(Math.max(1, Math.ceil(generation.limits.connections / init.workerCount)));
    acknowledge(generation);
    // Not part of the swap: letting go of old upstreams may take longer than requests should wait.
    setImmediate(() => upstreams.retire((name) => plane.generation.snapshot.upstream(name)));
  }

  port.on('message', (message: ToWorker) => {
    switch (message.type) {
      case 'prepare':
        void prepare(message.generation);
        break;
      case 'commit':
        commit(message.version);
        break;
      case 'abort':
        if (prepared?.generation.version === message.version) forget();
        break;
      case 'addresses':
        upstreams.setAddresses(message.addresses);
        break;
      case 'ticket-keys':
        plane.ticketKeys = message.keys;
        break;
      case 'control-response':
        plane.control.deliver(message);
        break;
      case 'stop-listening':
        stopListening(engine);
        break;
      case 'drain':
        drain(engine, accessLog, message.deadline);
        break;
      default:
    }
  });
}

/** Two turns of the loop later, so that connections which the kernel has completed by now are accepted before. */
function stopListening(engine: Engine): void {
  setImmediate(() => {
    setImmediate(() => {
      engine.stopListening();
      send({ type: 'stopped-listening' });
    });
  });
}

function drain(engine: Engine, accessLog: AccessLog, deadline: number): void {
  const until = performance.now() + deadline;
  engine.drain(until);
  const poll = setInterval(() => {
    if (engine.connections > 0 && performance.now() < until) return;
    clearInterval(poll);
    const cut = engine.connections;
    engine.destroy();
    // The last exchanges account for themselves when their sockets close, which is after this turn of the loop.
    setTimeout(() => {
      accessLog.flush();
      recorder.flush();
      send({ type: 'drained', cut });
    }, DRAIN_POLL_MS);
  }, DRAIN_POLL_MS);
}

function acknowledge(generation: LoadedGeneration): void {
  const plugins = [];
  for (const { name, version, instance } of generation.plugins.values()) {
    if (instance.unavailable === '') plugins.push({ plugin: name, version });
  }
  send({ type: 'ack', version: generation.version, plugins });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

await start();
