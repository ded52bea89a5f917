import { equalsLower } from '../../http/characters.js';
import { parseContentLength } from '../../http/framing.js';
const DATE = 'date:';
const LENGTH = 'content-length:';
/** Field lines of a response without those that µWS writes itself: Date, always, and the length of a body. */
export class ResponseLines {
    /** The lines that remain, each with its CRLF. */
    text = '';
    /** Content-Length among the lines; -1 when there is none. */
    length = -1;
    read(lines) {
        this.length = -1;
        let kept = '';
        let run = 0;
        for (let at = 0; at < lines.length;) {
            const end = lines.indexOf('\r\n', at) + 2;
            const isLength = equalsLower(lines, at, LENGTH);
            if (isLength)
                this.length = parseContentLength(lines.slice(at + LENGTH.length, end - 2).trim());
            if (isLength || equalsLower(lines, at, DATE)) {
                kept += lines.slice(run, at);
                run = end;
            }
            at = end;
        }
        this.text = run === 0 ? lines : kept + lines.slice(run);
    }
}
//# sourceMappingURL=response-lines.js.map