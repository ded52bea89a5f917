import { isAllowedTrailer } from './forwarding.ts';
import { HeaderBlock, SCAN_OK } from './header-block.ts';

const MAX_TRAILERS = 64;

/**
 * The trailer fields that may be forwarded (rule C10), as lines.
 *
 * @param section field lines, each with its CRLF, without the final empty line
 * @returns null when the section is malformed
 */
export function filterTrailers(section: string): string | null {
  if (section === '') return '';
  const block = new HeaderBlock();
  if (block.scan(`${section}\r\n`, 0, MAX_TRAILERS) !== SCAN_OK) return null;
  let lines = '';
  for (const [name, value] of block.entries()) {
    if (isAllowedTrailer(name.toLowerCase())) lines += `${name}: ${value}\r\n`;
  }
  return lines;
}
