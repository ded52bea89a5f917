/**
 * A gRPC service and its client, both of grpc-js. Messages are a line of JSON that says what is wanted, and zeros behind it:
 * what the messages of the public interoperability cases say, without their coding.
 */
import * as grpc from '@grpc/grpc-js';

/** What a request asks the service for. */
export interface Wish {
  /** Sizes of the responses. */
  readonly sizes?: readonly number[];
  /** The call ends with this status. */
  readonly status?: { readonly code: number; readonly details: string };
  /** For `FlagService`: the request is to have come compressed, or not. */
  readonly expectCompressed?: boolean;
  /** For `FlagService`: which of the responses are to be compressed. */
  readonly compressed?: readonly boolean[];
}

/** @param payload how many zeros come along */
export function ask(wish: Wish, payload = 0): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify(wish)}\n`), Buffer.alloc(payload)]);
}

export function read(request: Buffer): { wish: Wish; payload: number } {
  const end = request.indexOf('\n');
  const wish = JSON.parse(request.toString('utf8', 0, end)) as Wish;
  return { wish, payload: request.length - end - 1 };
}

const same = (bytes: Buffer): Buffer => bytes;

function method(name: string, requestStream: boolean, responseStream: boolean) {
  return {
    path: `/test.v1.Test/${name}`,
    requestStream,
    responseStream,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  };
}

const SERVICE = {
  Empty: method('Empty', false, false),
  Unary: method('Unary', false, false),
  Sleep: method('Sleep', false, false),
  Collect: method('Collect', true, false),
  List: method('List', false, true),
  Chat: method('Chat', true, true),
};

type Call = Pick<grpc.ServerUnaryCall<Buffer, Buffer>, 'metadata' | 'sendMetadata'>;
type Reply = grpc.sendUnaryData<Buffer>;

/** Sends the initial metadata of the call. @returns those to be sent in trailers */
function echoMetadata(call: Call): grpc.Metadata {
  const { metadata } = call;
  const initial = new grpc.Metadata();
  for (const value of metadata.get('x-echo-initial')) initial.add('x-echo-initial', value);
  call.sendMetadata(initial);
  const trailers = new grpc.Metadata();
  for (const name of ['x-echo-trailing', 'x-echo-trailing-bin'])
    for (const value of metadata.get(name)) trailers.add(name, value);
  return trailers;
}

export class GrpcService {
  readonly #server = new grpc.Server();
  cancelled = 0;
  /** `grpc-timeout` of the last call to Sleep, as milliseconds that were left. */
  timeLeft = 0;
  port = 0;

  async start(): Promise<this> {
    this.#server.addService(SERVICE, {
      Empty: (_call: grpc.ServerUnaryCall<Buffer, Buffer>, reply: Reply) => reply(null, Buffer.alloc(0)),
      Unary: (call: grpc.ServerUnaryCall<Buffer, Buffer>, reply: Reply) => {
        const { wish } = read(call.request);
        const trailers = echoMetadata(call);
        if (wish.status === undefined) reply(null, Buffer.alloc(wish.sizes?.[0] ?? 0), trailers);
        else reply(wish.status);
      },
      Sleep: (call: grpc.ServerUnaryCall<Buffer, Buffer>, reply: Reply) => {
        this.timeLeft = Number(call.getDeadline()) - Date.now();
        const timer = setTimeout(() => reply(null, Buffer.from('late')), 10_000);
        call.on('cancelled', () => {
          this.cancelled++;
          clearTimeout(timer);
        });
      },
      Collect: (call: grpc.ServerReadableStream<Buffer, Buffer>, reply: Reply) => {
        let bytes = 0;
        call.on('data', (request: Buffer) => (bytes += read(request).payload));
        call.on('end', () => reply(null, Buffer.from(String(bytes))));
        call.on('cancelled', () => this.cancelled++);
      },
      List: (call: grpc.ServerWritableStream<Buffer, Buffer>) => {
        for (const size of read(call.request).wish.sizes ?? []) call.write(Buffer.alloc(size));
        call.end();
      },
      Chat: (call: grpc.ServerDuplexStream<Buffer, Buffer>) => {
        const trailers = echoMetadata(call);
        call.on('data', (request: Buffer) => {
          const { wish } = read(request);
          if (wish.status !== undefined) call.emit('error', wish.status);
          for (const size of wish.sizes ?? []) call.write(Buffer.alloc(size));
        });
        call.on('end', () => call.end(trailers));
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

/** What came of a call, in a form that can be compared. */
export interface Outcome {
  readonly code: number;
  readonly details: string;
  readonly messages: readonly string[];
  readonly initial: Readonly<Record<string, unknown>>;
  readonly trailers: Readonly<Record<string, unknown>>;
}

export interface CallOptions extends grpc.CallOptions {
  readonly metadata?: grpc.Metadata;
}

/** Grpc-js offers the flags of a message to unary calls only in its insides. */
interface FlaggedCall {
  readonly call: {
    sendMessageWithContext(context: { flags: number; callback: () => void }, message: Buffer): void;
  };
}
const NO_COMPRESS = 2;

export class GrpcCaller {
  readonly #client: grpc.Client;

  /** @param fields added to the metadata of each call */
  constructor(
    port: number,
    options: grpc.ChannelOptions = {},
    fields: Readonly<Record<string, string>> = {},
  ) {
    const add: grpc.Interceptor = (callOptions, next) =>
      new grpc.InterceptingCall(next(callOptions), {
        start: (metadata, listener, start) => {
          for (const [name, value] of Object.entries(fields)) metadata.set(name, value);
          start(metadata, listener);
        },
      });
    this.#client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure(), {
      ...options,
      interceptors: [add],
    });
  }

  close(): void {
    this.#client.close();
  }

  /** @param name of a method, or a whole path */
  unary(name: string, request: Buffer, { metadata, ...options }: CallOptions = {}): Promise<Outcome> {
    const answers: Buffer[] = [];
    const path = name.startsWith('/') ? name : `/test.v1.Test/${name}`;
    const call = this.#client.makeUnaryRequest(
      path,
      same,
      same,
      request,
      metadata ?? new grpc.Metadata(),
      options,
      (_, answer) => answer !== undefined && answers.push(answer),
    );
    return outcomeOf(call, answers);
  }

  /** @param plain indexes of the messages that are not to be compressed */
  collect(
    requests: readonly Buffer[],
    plain: readonly number[] = [],
    cancel = false,
    metadata = new grpc.Metadata(),
  ): Promise<Outcome> {
    const answers: Buffer[] = [];
    const call = this.#client.makeClientStreamRequest(
      '/test.v1.Test/Collect',
      same,
      same,
      metadata,
      (_, answer) => answer !== undefined && answers.push(answer),
    );
    const outcome = outcomeOf(call, answers);
    if (cancel) call.cancel();
    const send = async (): Promise<void> => {
      for (const [index, request] of requests.entries()) {
        await new Promise<void>((callback) => {
          if (!plain.includes(index)) call.write(request, () => callback());
          else
            (call as unknown as FlaggedCall).call.sendMessageWithContext(
              { flags: NO_COMPRESS, callback },
              request,
            );
        });
      }
      call.end();
    };
    void send();
    return outcome;
  }

  list(request: Buffer, metadata = new grpc.Metadata()): Promise<Outcome> {
    const path = '/test.v1.Test/List';
    return received(this.#client.makeServerStreamRequest(path, same, same, request, metadata));
  }

  /** Each request is sent when the answer to the one before has come. */
  pingPong(requests: readonly Buffer[], options: CallOptions & { cancelAfter?: number } = {}) {
    const { metadata, cancelAfter = Number.POSITIVE_INFINITY, ...rest } = options;
    const path = '/test.v1.Test/Chat';
    const call = this.#client.makeBidiStreamRequest(path, same, same, metadata ?? new grpc.Metadata(), rest);
    const outcome = received(call);
    let answered = 0;
    const next = (): void => {
      if (answered >= cancelAfter) call.cancel();
      else if (answered < requests.length) call.write(requests[answered]!);
      else call.end();
    };
    call.on('data', () => {
      answered++;
      next();
    });
    next();
    return outcome;
  }
}

function received(
  call: grpc.ClientReadableStream<Buffer> | grpc.ClientDuplexStream<Buffer, Buffer>,
): Promise<Outcome> {
  const messages: Buffer[] = [];
  call.on('data', (message: Buffer) => messages.push(message));
  // The status tells the same.
  call.on('error', () => undefined);
  return outcomeOf(call, messages);
}

interface AnyCall {
  on(event: 'metadata', listener: (metadata: grpc.Metadata) => void): unknown;
  on(event: 'status', listener: (status: grpc.StatusObject) => void): unknown;
}

/** Fields that gateways add or that differ from call to call are left out. */
function outcomeOf(call: AnyCall, messages: readonly Buffer[]): Promise<Outcome> {
  let initial = new grpc.Metadata();
  call.on('metadata', (metadata) => {
    initial = metadata;
  });
  return new Promise((resolve) => {
    call.on('status', ({ code, details, metadata }) =>
      resolve({
        code,
        details,
        messages: messages.map(show),
        initial: echoed(initial),
        trailers: echoed(metadata),
      }),
    );
  });
}

function show(message: Buffer): string {
  if (message.length < 100 && message.some((byte) => byte !== 0)) return message.toString();
  return `${message.length} bytes${message.every((byte) => byte === 0) ? ' of zeros' : ''}`;
}

function echoed(metadata: grpc.Metadata): Record<string, unknown> {
  return Object.fromEntries(Object.entries(metadata.toJSON()).filter(([name]) => name.startsWith('x-echo')));
}
