/** A gRPC service of grpc-js whose messages are `google.protobuf.StringValue`, for clients that insist on Protobuf. */
import { create, fromBinary, toBinary } from '@bufbuild/protobuf';
import { StringValueSchema } from '@bufbuild/protobuf/wkt';
import * as grpc from '@grpc/grpc-js';

type Unary = grpc.ServerUnaryCall<string, string>;
type Reply = grpc.sendUnaryData<string>;
type Streaming = grpc.ServerWritableStream<string, string>;

const encode = (value: string): Buffer =>
  Buffer.from(toBinary(StringValueSchema, create(StringValueSchema, { value })));
const decode = (bytes: Buffer): string => fromBinary(StringValueSchema, bytes).value;

function method(name: string, responseStream: boolean): grpc.MethodDefinition<string, string> {
  return {
    path: `/test.v1.Words/${name}`,
    requestStream: false,
    responseStream,
    requestSerialize: encode,
    requestDeserialize: decode,
    responseSerialize: encode,
    responseDeserialize: decode,
  };
}

const SERVICE = {
  Say: method('Say', false),
  Fail: method('Fail', false),
  Sleep: method('Sleep', false),
  Count: method('Count', true),
  Watch: method('Watch', true),
};

export class WordsService {
  readonly #server = new grpc.Server();
  port = 0;
  cancelled = 0;

  async start(): Promise<this> {
    this.#server.addService(SERVICE, {
      Say: (call: Unary, reply: Reply) => {
        const initial = new grpc.Metadata();
        initial.set('x-initial', 'one');
        call.sendMetadata(initial);
        const trailers = new grpc.Metadata();
        trailers.set('x-version', String(call.metadata.get('via')[0]).slice(0, 3));
        for (const value of call.metadata.get('x-mine')) trailers.add('x-yours', value);
        trailers.set('x-raw-bin', Buffer.from([0, 255, 10]));
        reply(null, call.request, trailers);
      },
      Fail: (call: Unary, reply: Reply) => {
        const metadata = new grpc.Metadata();
        metadata.set('x-why', 'because');
        reply({ code: Number(call.request), details: 'was: größer ☺', metadata });
      },
      Sleep: (call: Unary, reply: Reply) => {
        const timer = setTimeout(() => reply(null, 'late'), 20_000);
        call.on('cancelled', () => {
          this.cancelled++;
          clearTimeout(timer);
        });
      },
      Count: (call: Streaming) => {
        for (let i = 1; i <= Number(call.request); i++) call.write(String(i));
        const trailers = new grpc.Metadata();
        trailers.set('x-counted', call.request);
        call.end(trailers);
      },
      Watch: (call: Streaming) => {
        call.write('first');
        call.on('cancelled', () => this.cancelled++);
      },
    });
    const credentials = grpc.ServerCredentials.createInsecure();
    this.port = await new Promise<number>((resolve, reject) =>
      this.#server.bindAsync('127.0.0.1:0', credentials, (error, port) =>
        error === null ? resolve(port) : reject(error),
      ),
    );
    return this;
  }

  stop(): void {
    this.#server.forceShutdown();
  }
}
