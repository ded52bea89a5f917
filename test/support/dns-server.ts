/** A name server for tests (RFC 1035): answers A, AAAA and SRV questions from a table that the test changes. */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, isIPv4, type Server, type Socket as TcpSocket } from 'node:net';
import { reservePort } from './ports.ts';

export interface NameRecord {
  readonly addresses: readonly string[];
  /** Seconds. */
  readonly ttl: number;
  readonly srv?: readonly SrvRecord[];
}

export interface SrvRecord {
  readonly target: string;
  readonly port: number;
  readonly priority?: number;
  readonly weight?: number;
}

export type Behaviour = 'answer' | 'silent' | 'servfail' | 'refused';

const RCODES = { answer: 0, servfail: 2, nxdomain: 3, refused: 5 } as const;
const TYPE_A = 1;
const TYPE_AAAA = 28;
const TYPE_SRV = 33;
const CLASS_IN = 1;
const HEADER = 12;

export class DnsServer {
  /** By lower-case name; names that are not here do not exist. */
  readonly names = new Map<string, NameRecord>();
  behaviour: Behaviour = 'answer';
  /** Names for which it fails, whatever its behaviour. */
  readonly failing = new Set<string>();
  /** Every question asked, as `name type`. */
  readonly questions: string[] = [];
  /** Whether answers over UDP are cut off, so that clients have to ask again over TCP. */
  truncates = false;
  #release = (): void => undefined;
  readonly #socket: Socket = createSocket('udp4');
  readonly #tcp: Server = createServer((socket) => this.#serve(socket));

  async start(): Promise<void> {
    this.#socket.on('message', (message, from) => this.#answer(message, from));
    // A port that TCP can have too.
    const reserved = await reservePort();
    this.#release = reserved.release;
    this.#socket.bind(reserved.port, '127.0.0.1');
    await once(this.#socket, 'listening');
  }

  /** Listens for TCP as well, on the same port. */
  async startTcp(): Promise<void> {
    this.#tcp.listen(this.#socket.address().port, '127.0.0.1');
    await once(this.#tcp, 'listening');
  }

  /** `ip:port`. */
  get address(): string {
    return `127.0.0.1:${this.#socket.address().port}`;
  }

  stop(): void {
    this.#socket.close();
    this.#tcp.close();
    this.#release();
  }

  #answer(message: Buffer, from: RemoteInfo): void {
    const answer = this.#answerTo(message);
    if (answer === null) return;
    if (this.truncates) {
      answer.writeUInt16BE(answer.readUInt16BE(2) | 0x0200, 2);
      answer.writeUInt16BE(0, 6);
    }
    const question = readName(message, HEADER).end + 4;
    this.#socket.send(this.truncates ? answer.subarray(0, question) : answer, from.port, from.address);
  }

  #serve(socket: TcpSocket): void {
    socket.on('error', () => undefined);
    // Questions are short: each arrives in one piece.
    socket.on('data', (bytes: Buffer) => {
      const answer = this.#answerTo(bytes.subarray(2));
      if (answer === null) return;
      const length = Buffer.alloc(2);
      length.writeUInt16BE(answer.length);
      socket.end(Buffer.concat([length, answer]));
    });
  }

  /** null: nothing is to be said. */
  #answerTo(message: Buffer): Buffer | null {
    const { name, end } = readName(message, HEADER);
    const type = message.readUInt16BE(end);
    this.questions.push(`${name} ${type}`);
    const behaviour = this.failing.has(name) ? 'servfail' : this.behaviour;
    if (behaviour === 'silent') return null;
    const record = this.names.get(name);
    const answers = record && behaviour === 'answer' ? recordsOf(record, type) : [];
    const rcode = behaviour === 'answer' && record === undefined ? RCODES.nxdomain : RCODES[behaviour];
    const header = Buffer.alloc(HEADER);
    header.writeUInt16BE(message.readUInt16BE(0), 0);
    // QR, AA, RA, and RD as it was asked.
    header.writeUInt16BE(0x8480 | (message.readUInt16BE(2) & 0x0100) | rcode, 2);
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(answers.length, 6);
    const question = message.subarray(HEADER, end + 4);
    return Buffer.concat([header, question, ...answers]);
  }
}

function readName(message: Buffer, start: number): { name: string; end: number } {
  const labels: string[] = [];
  let at = start;
  for (let length = message[at]!; length > 0; length = message[at]!) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += length + 1;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

function recordsOf(record: NameRecord, type: number): Buffer[] {
  if (type === TYPE_SRV) return (record.srv ?? []).map((one) => resource(type, record.ttl, srvBytes(one)));
  if (type !== TYPE_A && type !== TYPE_AAAA) return [];
  return record.addresses
    .filter((address) => isIPv4(address) === (type === TYPE_A))
    .map((address) => {
      const data = isIPv4(address) ? Buffer.from(address.split('.').map(Number)) : ipv6Bytes(address);
      return resource(type, record.ttl, data);
    });
}

function resource(type: number, ttl: number, data: Buffer): Buffer {
  const head = Buffer.alloc(12);
  // The name: a pointer to the question (section 4.1.4).
  head.writeUInt16BE(0xc000 | HEADER, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(CLASS_IN, 4);
  head.writeUInt32BE(ttl, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

/** RFC 2782. */
function srvBytes({ target, port, priority = 0, weight = 0 }: SrvRecord): Buffer {
  const numbers = Buffer.alloc(6);
  numbers.writeUInt16BE(priority, 0);
  numbers.writeUInt16BE(weight, 2);
  numbers.writeUInt16BE(port, 4);
  const labels = target.split('.').filter((label) => label !== '');
  const name = labels.map((label) => Buffer.from(String.fromCharCode(label.length) + label, 'latin1'));
  return Buffer.concat([numbers, ...name, Buffer.alloc(1)]);
}

function ipv6Bytes(address: string): Buffer {
  const [left = '', right = ''] = address.split('::');
  const words = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16));
  const head = words(left);
  const tail = words(right);
  const all = [...head, ...Array<number>(8 - head.length - tail.length).fill(0), ...tail];
  const bytes = Buffer.alloc(16);
  for (const [index, word] of all.entries()) bytes.writeUInt16BE(word, index * 2);
  return bytes;
}
