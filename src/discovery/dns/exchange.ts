/** One message to a name server and its answer, over UDP or TCP. */
import { createSocket } from 'node:dgram';
import { connect, isIPv6 } from 'node:net';

export interface Server {
  readonly host: string;
  readonly port: number;
}

/** Reads a message; null when it is no answer to the question. */
export type Accept<T> = (bytes: Buffer) => T | null;

const PATIENCE = 2_000;

/**
 * A socket of its own for each question: the random port is half of what keeps others from answering in the server's place
 * (RFC 5452), and a connected socket hears of a server that does not listen.
 */
export function exchangeUdp<T>(
  { host, port }: Server,
  query: Buffer,
  accept: Accept<T>,
  signal: AbortSignal,
): Promise<T> {
  const socket = createSocket({ type: isIPv6(host) ? 'udp6' : 'udp4', lookup: noLookup });
  return answerWithin<T>(
    signal,
    () => socket.close(),
    (resolve, reject) => {
      socket.on('error', reject);
      socket.on('message', (bytes) => {
        const answer = accept(bytes);
        if (answer !== null) resolve(answer);
      });
      socket.connect(port, host, () => socket.send(query));
    },
  );
}

/** Name servers are addresses; the usual lookup would take each through a thread of its own. */
function noLookup(
  address: string,
  _options: unknown,
  done: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void {
  done(null, address, isIPv6(address) ? 6 : 4);
}

/** @param query with its length in front */
export function exchangeTcp<T>(
  server: Server,
  query: Buffer,
  accept: Accept<T>,
  signal: AbortSignal,
): Promise<T> {
  const socket = connect(server);
  return answerWithin<T>(
    signal,
    () => socket.destroy(),
    (resolve, reject) => {
      let received = Buffer.alloc(0);
      socket.on('error', reject);
      socket.on('close', () => reject(new Error('closed the connection')));
      socket.on('data', (bytes: Buffer) => {
        // At most 64 KiB: the length has two bytes.
        received = Buffer.concat([received, bytes]);
        const end = received.length < 2 ? Number.POSITIVE_INFINITY : 2 + received.readUInt16BE(0);
        if (received.length < end) return;
        const answer = accept(received.subarray(2, end));
        if (answer === null) reject(new Error('sent no answer to the question'));
        else resolve(answer);
      });
      socket.end(query);
    },
  );
}

function answerWithin<T>(
  signal: AbortSignal,
  close: () => void,
  ask: (resolve: (answer: T) => void, reject: (error: Error) => void) => void,
): Promise<T> {
  let abort = (): void => undefined;
  let timer: NodeJS.Timeout | undefined;
  return new Promise<T>((resolve, reject) => {
    abort = () => reject(new Error('stopped'));
    signal.addEventListener('abort', abort);
    timer = setTimeout(() => reject(new Error('did not answer in time')), PATIENCE);
    ask(resolve, reject);
  }).finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
    close();
  });
}
