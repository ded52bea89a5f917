import { randomBytes } from 'node:crypto';
import { TICKET_KEY_BYTES } from '../../shared/tls-settings.js';
/**
 * The keys with which all workers encrypt session tickets, so that a client can resume its session wherever the kernel
 * sends its next connection. They are replaced from time to time: whoever steals them can decrypt what was recorded of
 * TLS 1.2 sessions until then (RFC 5077 section 5.5).
 */
export class TicketKeys {
    current = randomBytes(TICKET_KEY_BYTES);
    #onRotate;
    #timer = null;
    #interval = 0;
    constructor(onRotate) {
        this.#onRotate = onRotate;
    }
    /** @param interval milliseconds; 0 stops */
    rotateEvery(interval) {
        if (interval === this.#interval)
            return;
        this.stop();
        this.#interval = interval;
        if (interval === 0)
            return;
        this.#timer = setInterval(() => {
            this.current = randomBytes(TICKET_KEY_BYTES);
            this.#onRotate(this.current);
        }, Math.min(interval, 2 ** 31 - 1));
        this.#timer.unref();
    }
    stop() {
        if (this.#timer !== null)
            clearInterval(this.#timer);
        this.#timer = null;
        this.#interval = 0;
    }
}
//# sourceMappingURL=ticket-keys.js.map