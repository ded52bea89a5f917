/**
 * Opens many keep-alive connections, sends one request on each, reads the answer and then stays silent.
 * `node idle-holder.js PORT COUNT PATH` prints `ready` when all have been answered, or what went wrong, and ends when
 * its standard input does.
 */
import net from 'node:net';
/** Connections that are being opened at a time: below every listen queue. */
const AT_ONCE = 100;
const [port = 0, count = 0] = process.argv.slice(2, 4).map(Number);
const request = `GET ${process.argv[4]} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`;
let opened = 0;
let answered = 0;
function open() {
    if (opened === count)
        return;
    opened++;
    const socket = net.connect(port, '127.0.0.1', () => socket.write(request));
    socket.once('data', (data) => {
        if (!data.toString('latin1', 0, 12).endsWith(' 200'))
            fail(`answered ${data.toString('latin1', 0, 12)}`);
        answered++;
        if (answered === count)
            process.stdout.write('ready\n');
        open();
    });
    socket.on('data', () => { });
    socket.on('error', (error) => fail(error.message));
    socket.on('close', () => fail('was closed'));
}
function fail(reason) {
    process.stdout.write(`connection ${answered + 1} of ${count} ${reason}\n`, () => process.exit(1));
}
for (let index = 0; index < Math.min(AT_ONCE, count); index++)
    open();
process.stdin.on('end', () => process.exit(0)).resume();
//# sourceMappingURL=idle-holder.js.map