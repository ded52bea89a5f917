import { isAllowedTrailer } from './forwarding.ts';
import { HeaderBlock } from './header-block.ts';

const block = new HeaderBlock();

/**
 * The trailer fields that may be forwarded (rule C10), as lines.
 *
 * @param section well-formed field lines, each with its CRLF, without the final empty line
 */
export function filterTrailers(section: string): string {
  if (section === '') return '';
  let lines = '';
  for (const [name, value] of block.load(section).entries()) {
    if (isAllowedTrailer(name.toLowerCase())) lines += `${name}: ${value}\r\n`;
  }
  return lines;
}
