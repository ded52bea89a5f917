import { exactNow } from '../shared/coarse-clock.js';
/** One request and its response, whatever the protocol. Engines reuse instances for the next request of a connection. */
export class Exchange {
    downstream;
    head;
    peer;
    scheme;
    /** Who handles this exchange now; null before it is routed and after it ended. */
    events = null;
    /** What the pipeline keeps for the exchanges of this connection. */
    owner = null;
    /** Milliseconds of `performance.now()` when the head was complete. */
    startedAt = 0;
    /** Bytes of request body received. */
    bytesReceived = 0;
    /** Bytes of response body given to the engine. */
    bytesSent = 0;
    /** Status sent; 0 before the head. */
    status = 0;
    /** Counts the requests of this instance, so that late callbacks can tell that theirs is over. */
    serial = 0;
    constructor(downstream, head, peer, scheme) {
        this.downstream = downstream;
        this.head = head;
        this.peer = peer;
        this.scheme = scheme;
    }
    begin() {
        this.serial++;
        this.events = null;
        this.startedAt = exactNow();
        this.bytesReceived = 0;
        this.bytesSent = 0;
        this.status = 0;
    }
}
//# sourceMappingURL=exchange.js.map