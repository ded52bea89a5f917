/** A name server for tests (RFC 1035 over UDP): answers A and AAAA questions from a table that the test changes. */
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv4 } from 'node:net';
const RCODES = { answer: 0, servfail: 2, nxdomain: 3, refused: 5 };
const TYPE_A = 1;
const TYPE_AAAA = 28;
const CLASS_IN = 1;
const HEADER = 12;
export class DnsServer {
    /** By lower-case name; names that are not here do not exist. */
    names = new Map();
    behaviour = 'answer';
    /** Every question asked, as `name type`. */
    questions = [];
    #socket = createSocket('udp4');
    async start() {
        this.#socket.on('message', (message, from) => this.#answer(message, from));
        this.#socket.bind(0, '127.0.0.1');
        await once(this.#socket, 'listening');
    }
    /** `ip:port`. */
    get address() {
        return `127.0.0.1:${this.#socket.address().port}`;
    }
    stop() {
        this.#socket.close();
    }
    #answer(message, from) {
        const { name, end } = readName(message, HEADER);
        const type = message.readUInt16BE(end);
        this.questions.push(`${name} ${type}`);
        if (this.behaviour === 'silent')
            return;
        const record = this.names.get(name);
        const answers = record && this.behaviour === 'answer' ? recordsOf(record, type) : [];
        const rcode = this.behaviour === 'answer' && record === undefined ? RCODES.nxdomain : RCODES[this.behaviour];
        const header = Buffer.alloc(HEADER);
        header.writeUInt16BE(message.readUInt16BE(0), 0);
        // QR, AA, RA, and RD as it was asked.
        header.writeUInt16BE(0x8480 | (message.readUInt16BE(2) & 0x0100) | rcode, 2);
        header.writeUInt16BE(1, 4);
        header.writeUInt16BE(answers.length, 6);
        const question = message.subarray(HEADER, end + 4);
        this.#socket.send(Buffer.concat([header, question, ...answers]), from.port, from.address);
    }
}
function readName(message, start) {
    const labels = [];
    let at = start;
    for (let length = message[at]; length > 0; length = message[at]) {
        labels.push(message.toString('latin1', at + 1, at + 1 + length));
        at += length + 1;
    }
    return { name: labels.join('.').toLowerCase(), end: at + 1 };
}
function recordsOf(record, type) {
    if (type !== TYPE_A && type !== TYPE_AAAA)
        return [];
    return record.addresses
        .filter((address) => isIPv4(address) === (type === TYPE_A))
        .map((address) => {
        const data = isIPv4(address) ? Buffer.from(address.split('.').map(Number)) : ipv6Bytes(address);
        const head = Buffer.alloc(12);
        // The name: a pointer to the question (section 4.1.4).
        head.writeUInt16BE(0xc000 | HEADER, 0);
        head.writeUInt16BE(type, 2);
        head.writeUInt16BE(CLASS_IN, 4);
        head.writeUInt32BE(record.ttl, 6);
        head.writeUInt16BE(data.length, 10);
        return Buffer.concat([head, data]);
    });
}
function ipv6Bytes(address) {
    const [left = '', right = ''] = address.split('::');
    const words = (text) => text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16));
    const head = words(left);
    const tail = words(right);
    const all = [...head, ...Array(8 - head.length - tail.length).fill(0), ...tail];
    const bytes = Buffer.alloc(16);
    for (const [index, word] of all.entries())
        bytes.writeUInt16BE(word, index * 2);
    return bytes;
}
//# sourceMappingURL=dns-server.js.map