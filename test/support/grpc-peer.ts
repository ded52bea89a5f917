/** A gRPC service and its client, both of grpc-js, with messages of plain bytes. */
import * as grpc from '@grpc/grpc-js';

const same = (bytes: Buffer): Buffer => bytes;

function method(
  path: string,
  requestStream: boolean,
  responseStream: boolean,
): grpc.MethodDefinition<Buffer, Buffer> {
  return {
    path,
    requestStream,
    responseStream,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
}

const SERVICE = {
  Empty: method('/test.v1.Test/Empty', false, false),
  Unary: method('/test.v1.Test/Unary', false, false),
  Fail: method('/test.v1.Test/Fail', false, false),
  Sleep: method('/test.v1.Test/Sleep', false, false),
  Collect: method('/test.v1.Test/Collect', true, false),
  List: method('/test.v1.Test/List', false, true),
  Chat: method('/test.v1.Test/Chat', true, true),
};
const MISSING = { Gone: method('/test.v1.Test/Gone', false, false) };
const NOWHERE = { Any: method('/test.v1.Nowhere/Any', false, false) };

/** What came of a call, in a form that can be compared. */
export interface Outcome {
  readonly code: number;
  readonly details: string;
  readonly messages: readonly string[];
  readonly trailers: Readonly<Record<string, unknown>>;
}

type UnaryMethod = (
  request: Buffer,
  metadata: grpc.Metadata,
  options: grpc.CallOptions,
  callback: (error: grpc.ServiceError | null, response?: Buffer) => void,
) => grpc.ClientUnaryCall;
type CollectMethod = (
  metadata: grpc.Metadata,
  callback: (error: grpc.ServiceError | null, response?: Buffer) => void,
) => grpc.ClientWritableStream<Buffer>;
type ListMethod = (request: Buffer) => grpc.ClientReadableStream<Buffer>;
type ChatMethod = () => grpc.ClientDuplexStream<Buffer, Buffer>;

export class GrpcService {
  readonly #server = new grpc.Server();
  cancelled = 0;
  /** `grpc-timeout` of the last call to Sleep, as milliseconds that were left. */
  timeLeft = 0;
  port = 0;

  async start(): Promise<this> {
    this.#server.addService(SERVICE, {
      Empty: (_call: grpc.ServerUnaryCall<Buffer, Buffer>, reply: grpc.sendUnaryData<Buffer>) =>
        reply(null, Buffer.alloc(0)),
      Unary: (call: grpc.ServerUnaryCall<Buffer, Buffer>, reply: grpc.sendUnaryData<Buffer>) => {
        const trailers = new grpc.Metadata();
        for (const value of call.metadata.get('x-echo')) trailers.add('x-echo', value);
        for (const value of call.metadata.get('x-echo-bin')) trailers.add('x-echo-bin', value);
        reply(null, call.request, trailers);
      },
      Fail: (call: grpc.ServerUnaryCall<Buffer, Buffer>, reply: grpc.sendUnaryData<Buffer>) => {
        const { code, details } = JSON.parse(call.request.toString()) as { code: number; details: string };
        reply({ code, details });
      },
      Sleep: (call: grpc.ServerUnaryCall<Buffer, Buffer>, reply: grpc.sendUnaryData<Buffer>) => {
        this.timeLeft = Number(call.getDeadline()) - Date.now();
        const timer = setTimeout(() => reply(null, Buffer.from('late')), 10_000);
        call.on('cancelled', () => {
          this.cancelled++;
          clearTimeout(timer);
        });
      },
      Collect: (call: grpc.ServerReadableStream<Buffer, Buffer>, reply: grpc.sendUnaryData<Buffer>) => {
        let bytes = 0;
        call.on('data', (piece: Buffer) => (bytes += piece.length));
        call.on('end', () => reply(null, Buffer.from(String(bytes))));
      },
      List: (call: grpc.ServerWritableStream<Buffer, Buffer>) => {
        for (const size of JSON.parse(call.request.toString()) as number[])
          call.write(Buffer.alloc(size, 0x61));
        call.end();
      },
      Chat: (call: grpc.ServerDuplexStream<Buffer, Buffer>) => {
        call.on('data', (piece: Buffer) => call.write(piece));
        call.on('end', () => call.end());
        call.on('cancelled', () => this.cancelled++);
      },
    });
    this.port = await new Promise<number>((resolve, reject) =>
      this.#server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, port) =>
        error === null ? resolve(port) : reject(error),
      ),
    );
    return this;
  }

  stop(): void {
    this.#server.forceShutdown();
  }
}

export class GrpcCaller {
  readonly #client: grpc.Client & Record<string, unknown>;
  readonly #others: grpc.Client[] = [];
  readonly #address: string;

  constructor(port: number) {
    this.#address = `127.0.0.1:${port}`;
    this.#client = this.#connect(SERVICE);
  }

  close(): void {
    for (const client of this.#others) client.close();
  }

  unary(
    name: 'Empty' | 'Unary' | 'Fail' | 'Sleep',
    request: Buffer,
    metadata = new grpc.Metadata(),
    options: grpc.CallOptions = {},
  ): Promise<Outcome> {
    return this.#unary(this.#client, name, request, metadata, options);
  }

  unimplementedMethod(): Promise<Outcome> {
    return this.#unary(this.#connect(MISSING), 'Gone', Buffer.alloc(0), new grpc.Metadata(), {});
  }

  unimplementedService(): Promise<Outcome> {
    return this.#unary(this.#connect(NOWHERE), 'Any', Buffer.alloc(0), new grpc.Metadata(), {});
  }

  collect(pieces: readonly Buffer[]): Promise<Outcome> {
    return new Promise((resolve) => {
      let answer: Buffer | undefined;
      const call = (this.#client['Collect'] as CollectMethod).call(
        this.#client,
        new grpc.Metadata(),
        (_, response) => {
          answer = response;
        },
      );
      call.on('status', (status) => resolve(outcomeOf(status, answer === undefined ? [] : [answer])));
      for (const piece of pieces) call.write(piece);
      call.end();
    });
  }

  list(sizes: readonly number[]): Promise<Outcome> {
    const call = (this.#client['List'] as ListMethod).call(this.#client, Buffer.from(JSON.stringify(sizes)));
    return finished(call);
  }

  /** Each message is sent when the answer to the one before has come. */
  pingPong(messages: readonly string[], cancelAfter = Number.POSITIVE_INFINITY): Promise<Outcome> {
    const call = (this.#client['Chat'] as ChatMethod).call(this.#client);
    const outcome = finished(call);
    let answered = 0;
    const next = (): void => {
      if (answered >= cancelAfter) call.cancel();
      else if (answered < messages.length) call.write(Buffer.from(messages[answered]!));
      else call.end();
    };
    call.on('data', () => {
      answered++;
      next();
    });
    next();
    return outcome;
  }

  cancelled(): Promise<Outcome> {
    const call = (this.#client['Chat'] as ChatMethod).call(this.#client);
    const outcome = finished(call);
    call.cancel();
    return outcome;
  }

  #unary(
    client: grpc.Client & Record<string, unknown>,
    name: string,
    request: Buffer,
    metadata: grpc.Metadata,
    options: grpc.CallOptions,
  ): Promise<Outcome> {
    return new Promise((resolve) => {
      let answer: Buffer | undefined;
      const call = (client[name] as UnaryMethod).call(client, request, metadata, options, (_, response) => {
        answer = response;
      });
      call.on('status', (status) => resolve(outcomeOf(status, answer === undefined ? [] : [answer])));
    });
  }

  #connect(definition: grpc.ServiceDefinition): grpc.Client & Record<string, unknown> {
    const Client = grpc.makeGenericClientConstructor(definition, 'test');
    const client = new Client(this.#address, grpc.credentials.createInsecure(), {
      'grpc.max_receive_message_length': 64 * 1024 * 1024,
    }) as grpc.Client & Record<string, unknown>;
    this.#others.push(client);
    return client;
  }
}

function finished(
  call: grpc.ClientReadableStream<Buffer> | grpc.ClientDuplexStream<Buffer, Buffer>,
): Promise<Outcome> {
  const messages: Buffer[] = [];
  call.on('data', (message: Buffer) => messages.push(message));
  // The status tells the same.
  call.on('error', () => undefined);
  return new Promise((resolve) => {
    call.on('status', (status: grpc.StatusObject) => resolve(outcomeOf(status, messages)));
  });
}

/** Fields that gateways add or that differ from call to call are left out. */
function outcomeOf({ code, details, metadata }: grpc.StatusObject, messages: readonly Buffer[]): Outcome {
  const trailers = Object.fromEntries(
    Object.entries(metadata.getMap()).filter(([name]) => name.startsWith('x-echo')),
  );
  const shown = messages.map((message) =>
    message.length > 100 ? `${message.length} bytes` : message.toString(),
  );
  return { code, details, messages: shown, trailers };
}
