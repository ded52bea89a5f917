/** A service of gRPC that a test can make refuse calls, and its client, both of grpc-js; messages are text. */
import * as grpc from '@grpc/grpc-js';

export interface Refusal {
  readonly code: number;
  readonly details?: string;
  readonly metadata?: grpc.Metadata;
}

/** Looks at each call before it is done; null lets it pass. @param left milliseconds until the deadline */
export type Refuse = (metadata: grpc.Metadata, left: number) => Refusal | null;

/** The first `times` calls end with the status. @param fields of the trailers */
export function firstly(times: number, code: number, fields: Readonly<Record<string, string>> = {}): Refuse {
  let left = times;
  return () => (left-- > 0 ? { code, details: 'not now', metadata: metadataOf(fields) } : null);
}

export function metadataOf(fields: Readonly<Record<string, string>>): grpc.Metadata {
  const metadata = new grpc.Metadata();
  for (const [name, value] of Object.entries(fields)) metadata.set(name, value);
  return metadata;
}

const write = (text: string): Buffer => Buffer.from(text);
const read = (bytes: Buffer): string => bytes.toString();

function method(name: string, requestStream: boolean, responseStream: boolean) {
  return {
    path: `/shop.v1.Shop/${name}`,
    requestStream,
    responseStream,
    requestSerialize: write,
    requestDeserialize: read,
    responseSerialize: write,
    responseDeserialize: read,
  };
}

const SHOP = {
  /** Answers with the request. */
  Get: method('Get', false, false),
  /** Never answers. */
  Hang: method('Hang', false, false),
  /** Answers with the messages, joined. */
  Put: method('Put', true, false),
  /** Answers each message with itself, and `fail N` with status N. */
  Chat: method('Chat', true, true),
};

export class ActingGrpc {
  refuse: Refuse = () => null;
  /** Calls that have come, refused ones too. */
  calls = 0;
  port = 0;
  readonly #server = new grpc.Server();

  async start(): Promise<this> {
    this.#server.addService(SHOP, {
      Get: (call: grpc.ServerUnaryCall<string, string>, reply: grpc.sendUnaryData<string>) => {
        const refusal = this.#look(call);
        if (refusal === null) reply(null, call.request, echoOf(call.metadata));
        else reply(refusal);
      },
      Hang: (call: grpc.ServerUnaryCall<string, string>) => void this.#look(call),
      Put: (call: grpc.ServerReadableStream<string, string>, reply: grpc.sendUnaryData<string>) => {
        const refusal = this.#look(call);
        if (refusal !== null) {
          reply(refusal);
          return;
        }
        let joined = '';
        call.on('data', (text: string) => {
          joined += text;
        });
        call.on('end', () => reply(null, joined));
      },
      Chat: (call: grpc.ServerDuplexStream<string, string>) => {
        const refusal = this.#look(call);
        if (refusal !== null) {
          call.emit('error', refusal);
          return;
        }
        call.on('data', (text: string) => {
          if (text.startsWith('fail ')) call.emit('error', { code: Number(text.slice(5)) });
          else call.write(text);
        });
        call.on('end', () => call.end());
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

  #look(call: Pick<grpc.ServerUnaryCall<string, string>, 'metadata' | 'getDeadline'>): Refusal | null {
    this.calls++;
    return this.refuse(call.metadata, Number(call.getDeadline()) - Date.now());
  }
}

/** The trailers say what the request says in `x-echo`. */
function echoOf(metadata: grpc.Metadata): grpc.Metadata {
  const [value] = metadata.get('x-echo');
  return value === undefined ? new grpc.Metadata() : metadataOf({ 'x-echo': String(value) });
}

export interface GrpcOutcome {
  readonly code: number;
  readonly details: string;
  readonly messages: readonly string[];
  /** `x-echo` of the trailers; `''` if there is none. */
  readonly echo: string;
}

export class GrpcClient {
  readonly #client: grpc.Client;

  constructor(port: number) {
    this.#client = new grpc.Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure());
  }

  close(): void {
    this.#client.close();
  }

  /** @param path with service and method */
  unary(
    path: string,
    request = '',
    fields: Readonly<Record<string, string>> = {},
    options: grpc.CallOptions = {},
  ): Promise<GrpcOutcome> {
    const messages: string[] = [];
    const call = this.#client.makeUnaryRequest(
      path,
      write,
      read,
      request,
      metadataOf(fields),
      options,
      (_, answer) => answer !== undefined && messages.push(answer),
    );
    return outcomeOf(call, messages);
  }

  put(texts: readonly string[]): Promise<GrpcOutcome> {
    const messages: string[] = [];
    const call = this.#client.makeClientStreamRequest(
      '/shop.v1.Shop/Put',
      write,
      read,
      (_, answer) => answer !== undefined && messages.push(answer),
    );
    for (const text of texts) call.write(text);
    call.end();
    return outcomeOf(call, messages);
  }

  /** A chat that the client gives up when it has the first answer. */
  cancel(): Promise<GrpcOutcome> {
    const call = this.#client.makeBidiStreamRequest('/shop.v1.Shop/Chat', write, read);
    call.on('error', () => undefined);
    call.on('data', () => call.cancel());
    call.write('hello');
    return outcomeOf(call, []);
  }

  /** Each text is sent when the answer to the one before has come; the end waits for `last`. */
  chat(texts: readonly string[], last: Promise<unknown> = Promise.resolve()): Promise<GrpcOutcome> {
    const call = this.#client.makeBidiStreamRequest('/shop.v1.Shop/Chat', write, read);
    const messages: string[] = [];
    let sent = 0;
    const next = (): void => {
      if (sent < texts.length) call.write(texts[sent++]!);
      else void last.then(() => call.end());
    };
    call.on('data', (text: string) => {
      messages.push(text);
      next();
    });
    // The status tells the same.
    call.on('error', () => undefined);
    next();
    return outcomeOf(call, messages);
  }
}

interface AnyCall {
  on(event: 'status', listener: (status: grpc.StatusObject) => void): unknown;
}

function outcomeOf(call: AnyCall, messages: readonly string[]): Promise<GrpcOutcome> {
  return new Promise((resolve) => {
    call.on('status', ({ code, details, metadata }) =>
      resolve({ code, details, messages, echo: String(metadata.get('x-echo')[0] ?? '') }),
    );
  });
}
