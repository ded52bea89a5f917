import { HeaderBlock } from '../http/header-block.js';
/** What the response hooks see and edit. */
export class ResponseView {
    status;
    originalStatus;
    headers;
    hasBody;
    local;
    /** @param lines field lines without hop-by-hop fields; Content-Length among them if the length is known */
    constructor(status, hasBody, local, lines) {
        this.status = status;
        this.originalStatus = status;
        this.hasBody = hasBody;
        this.local = local;
        this.headers = new HeaderBlock().load(lines);
    }
}
//# sourceMappingURL=response-view.js.map