/** A gRPC server whose messages are written in Protocol Buffers, with reflection: what generic clients expect. */
import { fileURLToPath } from 'node:url';
import * as grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';

export const PROTO_FOLDER = fileURLToPath(new URL('../../../test/interop/grpcurl/', import.meta.url));
export const PROTO_FILE = 'shop.proto';

interface Item {
  readonly name: string;
  readonly count: number;
}
interface Quote {
  readonly name: string;
  readonly cents: number;
  readonly notes?: readonly string[];
}
type Reply = grpc.sendUnaryData<Quote>;

const quoteFor = ({ name, count }: Item): Quote => ({ name, cents: count * 250 });

export class GrpcShop {
  port = 0;
  /** Calls of Wait that the other side has given up. */
  givenUp = 0;
  readonly #server = new grpc.Server();

  async start(): Promise<this> {
    const definition = loadSync(PROTO_FILE, { includeDirs: [PROTO_FOLDER], defaults: true });
    const service = definition['shop.v1.Shop'] as unknown as grpc.ServiceDefinition;
    this.#server.addService(service, {
      Price: (call: grpc.ServerUnaryCall<Item, Quote>, reply: Reply) => this.#price(call, reply),
      Pieces: (call: grpc.ServerWritableStream<Item, Quote>) => {
        const { name, count } = call.request;
        for (let piece = 1; piece <= count; piece++)
          call.write(quoteFor({ name: `${name} ${piece}`, count: 1 }));
        call.end();
      },
      Total: (call: grpc.ServerReadableStream<Item, Quote>, reply: Reply) => {
        const names: string[] = [];
        let count = 0;
        call.on('data', (item: Item) => {
          names.push(item.name);
          count += item.count;
        });
        call.on('end', () => reply(null, quoteFor({ name: names.join(), count })));
      },
      Bargain: (call: grpc.ServerDuplexStream<Item, Quote>) => {
        call.on('data', (item: Item) => call.write(quoteFor(item)));
        call.on('end', () => call.end());
      },
      Wait: (call: grpc.ServerUnaryCall<Item, Quote>) => {
        call.on('cancelled', () => this.givenUp++);
      },
    });
    new ReflectionService(definition).addToServer(this.#server);
    this.port = await new Promise<number>((resolve, reject) =>
      this.#server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      ),
    );
    return this;
  }

  get address(): string {
    return `127.0.0.1:${this.port}`;
  }

  stop(): void {
    this.#server.forceShutdown();
  }

  /** With a trailer, and the metadata that came in the answer. */
  #price({ request, metadata }: grpc.ServerUnaryCall<Item, Quote>, reply: Reply): void {
    const trailers = new grpc.Metadata();
    trailers.set('x-asked-for', request.name);
    if (request.count === 0) {
      reply({
        code: grpc.status.NOT_FOUND,
        details: `no ${request.name} left — „ausverkauft“`,
        metadata: trailers,
      });
      return;
    }
    const notes = ['x-customer', 'authorization'].flatMap((name) => metadata.get(name).map(String));
    reply(null, { ...quoteFor(request), notes }, trailers);
  }
}
