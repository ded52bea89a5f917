/** A gRPC server with the health service of the gRPC project, and a method that tells that it was reached. */
import * as grpc from '@grpc/grpc-js';
import { HealthImplementation, type ServingStatus } from 'grpc-health-check';

const asIs = (bytes: Buffer): Buffer => bytes;
const unary = (path: string): grpc.MethodDefinition<Buffer, Buffer> => ({
  path,
  requestStream: false,
  responseStream: false,
  requestSerialize: asIs,
  requestDeserialize: asIs,
  responseSerialize: asIs,
  responseDeserialize: asIs,
});
const CHECK = { Check: unary('/grpc.health.v1.Health/Check') };
const TEST = { Who: unary('/test.v1.Test/Who') };

export interface PeerOptions {
  readonly credentials?: grpc.ServerCredentials;
  readonly port?: number;
  /** `hang`: asked for its health it never answers. `none`: it has no health service. */
  readonly health?: 'real' | 'hang' | 'none';
}

export class GrpcHealthPeer {
  port = 0;
  /** Checks that hang, of those that the other side has not given up. */
  hanging = 0;
  /** The deadline of the last check that hangs, as milliseconds that were left. */
  timeLeft = 0;
  readonly #health = new HealthImplementation({ '': 'SERVING' });
  readonly #server = new grpc.Server();

  constructor({ health = 'real' }: PeerOptions) {
    this.#server.addService(TEST, {
      Who: (_call: unknown, reply: grpc.sendUnaryData<Buffer>) => reply(null, Buffer.from(String(this.port))),
    });
    if (health === 'real') this.#health.addToServer(this.#server);
    if (health === 'hang') {
      this.#server.addService(CHECK, {
        Check: (call: grpc.ServerUnaryCall<Buffer, Buffer>) => {
          this.hanging++;
          this.timeLeft = Number(call.getDeadline()) - Date.now();
          call.on('cancelled', () => this.hanging--);
        },
      });
    }
  }

  static async start(options: PeerOptions = {}): Promise<GrpcHealthPeer> {
    const peer = new GrpcHealthPeer(options);
    const { credentials = grpc.ServerCredentials.createInsecure(), port = 0 } = options;
    peer.port = await new Promise<number>((resolve, reject) =>
      peer.#server.bindAsync(`127.0.0.1:${port}`, credentials, (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    );
    return peer;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  set(status: ServingStatus, service = ''): void {
    this.#health.setStatus(service, status);
  }

  /** Cuts its connections too. */
  stop(): void {
    this.#server.forceShutdown();
  }
}

/** Calls the method over one connection. */
export class WhoCaller {
  readonly #client: grpc.Client;

  constructor(port: number) {
    this.#client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  }

  /** Port of the peer that answered, or the name of the status of an error. */
  ask(): Promise<string> {
    return new Promise((resolve) => {
      this.#client.makeUnaryRequest(TEST.Who.path, asIs, asIs, Buffer.alloc(0), (error, answer) =>
        resolve(error === null ? String(answer) : (grpc.status[error.code] ?? '')),
      );
    });
  }

  close(): void {
    this.#client.close();
  }
}
