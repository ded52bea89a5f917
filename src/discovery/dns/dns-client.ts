/**
 * Asks name servers (RFC 1035): UDP, TCP for answers that do not fit, one server after the other. Node's own resolver does
 * not tell the time to live of SRV records.
 */
import { randomInt } from 'node:crypto';
import { Resolver } from 'node:dns';
import dnsPacket, { type Answer, type DecodedPacket } from 'dns-packet';
import { parseHostPort } from '../../config/values.ts';
import { exchangeTcp, exchangeUdp, type Server } from './exchange.ts';

const ROUNDS = 2;
/** RFC 9715: answers of this size are not fragmented anywhere. */
const UDP_SIZE = 1_232;

const EDNS = {
  type: 'OPT' as const,
  name: '.',
  udpPayloadSize: UDP_SIZE,
  extendedRcode: 0,
  ednsVersion: 0,
  flags: 0,
  flag_do: false,
  options: [],
};

export type QuestionType = 'A' | 'AAAA' | 'SRV';

export interface DnsAnswer {
  /** Empty when the name, or this type of it, does not exist. */
  readonly answers: readonly Answer[];
  /** What the server thinks will be asked next. */
  readonly additionals: readonly Answer[];
  /** Seconds for which it holds that there is nothing; null when there is something, or nobody says. */
  readonly negativeTtl: number | null;
}

export class DnsClient {
  readonly #servers: readonly Server[];
  readonly #signal: AbortSignal;
  /** The one that answered last: a dead server costs its time once. */
  #preferred = 0;

  /** @param servers `ip` or `ip:port`, IPv6 in brackets; empty means those of the system */
  constructor(servers: readonly string[], signal: AbortSignal) {
    const names = servers.length > 0 ? servers : new Resolver().getServers();
    // `resolv.conf` has IPv6 addresses without brackets.
    this.#servers = names.map((name) => parseHostPort(name, 53) ?? { host: name, port: 53 });
    this.#signal = signal;
  }

  /** @throws Error when no server has an answer */
  async query(name: string, type: QuestionType): Promise<DnsAnswer> {
    let reason = 'no name server is configured';
    const count = this.#servers.length;
    const first = this.#preferred;
    for (let tries = 0; tries < ROUNDS * count; tries++) {
      const index = (first + tries) % count;
      try {
        const answer = await this.#ask(this.#servers[index]!, name, type);
        this.#preferred = index;
        return answer;
      } catch (error) {
        if (this.#signal.aborted) throw error;
        const { host, port } = this.#servers[index]!;
        reason = `name server ${host}:${port} ${(error as Error).message}`;
      }
    }
    throw new Error(`${name}: ${reason}`);
  }

  async #ask(server: Server, name: string, type: QuestionType): Promise<DnsAnswer> {
    const id = randomInt(65_536);
    const query = {
      type: 'query' as const,
      id,
      flags: dnsPacket.RECURSION_DESIRED,
      questions: [{ type, name }],
      additionals: [EDNS],
    };
    // What does not belong to the question is none of our business, and may be an attack: it is passed over.
    const accept = (bytes: Buffer): DecodedPacket | null => {
      const packet = decode(bytes);
      const [question] = packet?.questions ?? [];
      const isOurs =
        packet?.type === 'response' &&
        packet.id === id &&
        question?.type === type &&
        question.name.toLowerCase() === name.toLowerCase().replace(/\.$/, '');
      return isOurs ? packet : null;
    };
    let packet = await exchangeUdp(server, dnsPacket.encode(query), accept, this.#signal);
    if (packet.flag_tc)
      packet = await exchangeTcp(server, dnsPacket.streamEncode(query), accept, this.#signal);
    return readAnswer(packet);
  }
}

function decode(bytes: Buffer): DecodedPacket | null {
  try {
    return dnsPacket.decode(bytes);
  } catch {
    return null;
  }
}

function readAnswer(packet: DecodedPacket): DnsAnswer {
  const { rcode } = packet as DecodedPacket & { readonly rcode: string };
  if (rcode !== 'NOERROR' && rcode !== 'NXDOMAIN') throw new Error(`answers ${rcode}`);
  const answers = rcode === 'NOERROR' ? (packet.answers ?? []) : [];
  // RFC 2308: how long "there is nothing" holds.
  const soa = packet.authorities?.find((record) => record.type === 'SOA');
  const minimum = soa?.type === 'SOA' ? Math.min(soa.ttl ?? 0, soa.data.minimum ?? 0) : null;
  return {
    answers,
    additionals: packet.additionals ?? [],
    negativeTtl: answers.length === 0 ? minimum : null,
  };
}
