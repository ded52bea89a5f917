import { isAllowedTrailer } from './forwarding.js';
import { HeaderBlock } from './header-block.js';
/**
 * The trailer fields that may be forwarded (rule C10), as lines.
 *
 * @param section well-formed field lines, each with its CRLF, without the final empty line
 */
export function filterTrailers(section) {
    if (section === '')
        return '';
    let lines = '';
    for (const [name, value] of new HeaderBlock().load(section).entries()) {
        if (isAllowedTrailer(name.toLowerCase()))
            lines += `${name}: ${value}\r\n`;
    }
    return lines;
}
//# sourceMappingURL=trailers.js.map