import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Etcd3, type IOptions } from 'etcd3';
import { eventually } from '../support/gateway.ts';
import { reservePort } from '../support/ports.ts';
import { findProgram, Running } from '../support/programs.ts';

export interface EtcdOptions {
  /** Certificate files: the server speaks TLS and wants certificates of clients that `ca` vouches for. */
  readonly tls?: { readonly ca: string; readonly cert: string; readonly key: string };
  readonly client?: Partial<IOptions>;
}

/** A real etcd with one member, its data in a folder that goes with it. */
export class EtcdServer {
  readonly port: number;
  /** Talks to the server directly, with all rights. */
  readonly client: Etcd3;
  readonly #program: Running;
  readonly #free: () => void;

  static async start(options: EtcdOptions = {}): Promise<EtcdServer | { readonly missing: string }> {
    const program = await findProgram('etcd');
    if ('missing' in program) return program;
    const [client, peer] = await Promise.all([reservePort(), reservePort()]);
    const server = new EtcdServer(program.path, client, peer, options);
    try {
      await eventually(async () => (await server.client.getAll().limit(1).exec()).header, 'etcd to answer');
    } catch (error) {
      await server.stop();
      throw new Error(`etcd does not start:\n${server.#program.output}`, { cause: error });
    }
    return server;
  }

  private constructor(
    file: string,
    client: { port: number; release(): void },
    peer: { port: number; release(): void },
    { tls, client: clientOptions }: EtcdOptions,
  ) {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'octopus-etcd-'));
    const scheme = tls === undefined ? 'http' : 'https';
    const clientUrl = `${scheme}://127.0.0.1:${client.port}`;
    const peerUrl = `http://127.0.0.1:${peer.port}`;
    const secure =
      tls === undefined
        ? []
        : ['--cert-file', tls.cert, '--key-file', tls.key, '--trusted-ca-file', tls.ca, '--client-cert-auth'];
    this.port = client.port;
    this.#program = new Running(file, [
      ...['--data-dir', folder, '--log-level', 'error'],
      ...['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
      ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
      ...['--initial-cluster', `default=${peerUrl}`],
      ...secure,
    ]);
    this.client = new Etcd3({ hosts: clientUrl, ...clientOptions });
    this.#free = () => {
      client.release();
      peer.release();
      rmSync(folder, { recursive: true, force: true });
    };
  }

  async stop(): Promise<void> {
    this.client.close();
    await this.#program.stop();
    this.#free();
  }
}
