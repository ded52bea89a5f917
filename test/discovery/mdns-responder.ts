/** Announces services on the loopback interface as Forge and the FARP library do, with real multicast packets. */
import { createSocket } from 'node:dgram';
import { setImmediate as breathe } from 'node:timers/promises';
import type { Answer, Question } from 'dns-packet';
import multicastDns, { type MulticastDNS } from 'multicast-dns';

export interface Announced {
  /** Label of the instance. */
  readonly name: string;
  readonly type: string;
  readonly host: string;
  readonly port: number;
  readonly txt: readonly string[];
  /** Seconds. */
  readonly ttl?: number;
}

const GROUP = '224.0.0.251';
/** Records of one packet: it must fit into the frame of a network. */
const PER_PACKET = 16;
/** Packets that may wait in the receiver's buffer. */
const BURST = 8;

export class MdnsResponder {
  readonly port: number;
  readonly #socket: MulticastDNS;
  readonly #announced = new Map<string, Announced>();
  /** Answers to questions, off to let records grow old. */
  answers = true;

  private constructor(port: number, socket: MulticastDNS) {
    this.port = port;
    this.#socket = socket;
    socket.on('query', ({ questions = [] }) => void this.#answer(questions as Question[]));
  }

  static async start(): Promise<MdnsResponder> {
    const port = await freeUdpPort();
    const options = { port, interface: '127.0.0.1', bind: '0.0.0.0', reuseAddr: true };
    const socket = multicastDns(options as multicastDns.Options);
    await new Promise<void>((resolve, reject) => {
      socket.on('ready', resolve);
      socket.on('error', reject);
    });
    return new MdnsResponder(port, socket);
  }

  async announce(...services: readonly Announced[]): Promise<void> {
    for (const service of services) this.#announced.set(fullName(service), service);
    await this.#send(services.flatMap((service) => recordsOf(service)));
  }

  async goodbye(service: Pick<Announced, 'name' | 'type'>): Promise<void> {
    this.#announced.delete(fullName(service));
    await this.#send([{ type: 'PTR', name: `${service.type}.local`, data: fullName(service), ttl: 0 }]);
  }

  /** Stops answering for it without a word, as a machine does that loses its power. */
  forget(service: Pick<Announced, 'name' | 'type'>): void {
    this.#announced.delete(fullName(service));
  }

  /** Bytes as they are. */
  async raw(packet: Buffer): Promise<void> {
    const socket = createSocket('udp4');
    await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
    socket.setMulticastInterface('127.0.0.1');
    await new Promise((resolve) => socket.send(packet, this.port, GROUP, resolve));
    socket.close();
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.destroy(() => resolve()));
  }

  async #answer(questions: readonly Question[]): Promise<void> {
    if (!this.answers) return;
    const records: Answer[] = [];
    for (const { name, type } of questions) {
      if (type === 'PTR') {
        const asked = [...this.#announced.values()].filter((service) => `${service.type}.local` === name);
        records.push(...asked.flatMap((service) => recordsOf(service)));
      } else if (type === 'SRV' || type === 'TXT') {
        const service = this.#announced.get(name ?? '');
        if (service !== undefined)
          records.push(...recordsOf(service).filter((record) => record.type === type));
      } else {
        const service = [...this.#announced.values()].find((one) => hostOf(one) === name);
        if (service !== undefined)
          records.push(...recordsOf(service).filter((record) => record.type === 'A'));
      }
    }
    await this.#send(records);
  }

  async #send(records: readonly Answer[]): Promise<void> {
    for (let start = 0, packets = 1; start < records.length; start += PER_PACKET, packets++) {
      this.#socket.respond(records.slice(start, start + PER_PACKET));
      if (packets % BURST === 0) await breathe();
    }
  }
}

function fullName({ name, type }: Pick<Announced, 'name' | 'type'>): string {
  return `${name}.${type}.local`;
}

function hostOf({ name }: Announced): string {
  return `${name}.host.local`.toLowerCase();
}

function recordsOf(service: Announced): Answer[] {
  const { type, host, port, txt, ttl = 120 } = service;
  const name = fullName(service);
  return [
    { type: 'PTR', name: `${type}.local`, data: name, ttl },
    { type: 'SRV', name, data: { port, target: hostOf(service) }, ttl, flush: true },
    { type: 'TXT', name, data: [...txt], ttl, flush: true },
    { type: 'A', name: hostOf(service), data: host, ttl, flush: true },
  ];
}

async function freeUdpPort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.close(() => resolve()));
  return port;
}
