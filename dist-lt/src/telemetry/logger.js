/** Primary side: the log of the process. The primary owns the output; workers post what they have to say. */
import { isatty } from 'node:tty';
import { pino } from 'pino';
import { LogOutput } from './log-output.js';
import { textLine } from './text-line.js';
import { timestamp } from './timestamp.js';
/** Keys that every line has; a field of that name is written as `field_<name>`, since no key may come twice. */
const FIXED_KEYS = ['timestamp', 'level', 'message'];
export class Logger {
    #output;
    #pino;
    #colors;
    #format;
    constructor(options) {
        const fd = options.fd ?? 1;
        this.#format = options.format;
        this.#colors = isatty(fd) && !process.env['NO_COLOR'];
        this.#output = new LogOutput(fd, {
            ...(options.maxQueued === undefined ? {} : { maxQueued: options.maxQueued }),
            ...(options.onDrop === undefined ? {} : { onDrop: options.onDrop }),
            onRecovered: (lines) => this.warn('log lines were dropped because the reader of the log was too slow', { lines }),
        });
        this.#pino = pino({
            level: options.level,
            base: null,
            messageKey: 'message',
            timestamp: () => `,"timestamp":"${timestamp(Date.now())}"`,
            formatters: { level: (level) => ({ level }) },
        }, { write: (line) => this.#writeLines(line) });
    }
    get level() {
        return this.#pino.level;
    }
    set level(level) {
        this.#pino.level = level;
    }
    setFormat(format) {
        this.#format = format;
    }
    debug(message, fields) {
        this.log('debug', message, fields);
    }
    info(message, fields) {
        this.log('info', message, fields);
    }
    warn(message, fields) {
        this.log('warn', message, fields);
    }
    error(message, fields) {
        this.log('error', message, fields);
    }
    log(level, message, fields = {}) {
        this.#pino[level](withoutFixedKeys(fields), message);
    }
    /** A batch of a worker's access log: whole JSON lines. It has its own switch, so that the level does not matter. */
    writeAccess(lines) {
        this.#writeLines(lines);
    }
    /** Waits for the output, at most that long; nothing can be logged afterwards. */
    close(timeoutMs = 1_000) {
        return this.#output.close(timeoutMs);
    }
    #writeLines(lines) {
        if (this.#format === 'json') {
            this.#output.write(lines);
            return;
        }
        let text = '';
        for (const line of lines.split('\n'))
            if (line !== '')
                text += textLine(line, this.#colors);
        this.#output.write(text);
    }
}
/** The fields by which an error is logged. The stack is for defects; expected errors are told by their message alone. */
export function errorFields(error, withStack = false) {
    if (!(error instanceof Error))
        return { error: String(error) };
    const stack = withStack ? error.stack : undefined;
    return stack === undefined ? { error: error.message } : { error: error.message, stack };
}
function withoutFixedKeys(fields) {
    if (!FIXED_KEYS.some((key) => key in fields))
        return fields;
    return Object.fromEntries(Object.entries(fields).map(([key, value]) => [
        FIXED_KEYS.includes(key) ? `field_${key}` : key,
        value,
    ]));
}
//# sourceMappingURL=logger.js.map