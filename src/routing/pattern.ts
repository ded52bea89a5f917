/**
 * One path segment as the literal text around its parameters: `['users']` is static, `['', '']` is `{id}`,
 * `['v', '']` is `v{version}`, `['', ':', '']` is `{id}:{verb}`. Literals are canonical (see `canonicalLiteral`).
 */
export type Segment = readonly string[];

/** `rest` is `{name*}`: one or more characters. `wildcard` is `/*`: everything below the prefix, even nothing. */
export type Tail = 'none' | 'rest' | 'wildcard';

export interface PathPattern {
  /** The one spelling used in `Route.path`, in metrics and in reports. */
  readonly canonical: string;
  /** Without the tail. `/` is one empty segment, `/a/` ends with one, `/*` has none. */
  readonly segments: readonly Segment[];
  readonly tail: Tail;
  /** Parameter names from left to right, the name of a `rest` tail last. */
  readonly params: readonly string[];
}

export type PatternResult =
  | { readonly ok: true; readonly pattern: PathPattern }
  | { readonly ok: false; readonly message: string /** Offset in the text. */; readonly at: number };

/** Far longer than any request line allows, and short enough for the packed trie nodes. */
export const MAX_PATTERN_LENGTH = 8192;

const PARAM_NAME = /^[A-Za-z_][A-Za-z0-9_.-]*$/;
const UNRESERVED = /[A-Za-z0-9\-._~]/;
const HEX_BYTE = /^[0-9A-Fa-f]{2}$/;
const REST = /^\{([^{}]*)\*\}$/;
const PLAIN_LITERAL = /^[A-Za-z0-9\-._~!$&'()+,;=:@/]*$/;

/**
 * Reads a route path: exact text, `{id}` or `:id` for one segment, parameters beside literal text (`report.{format}`,
 * `{id}:activate`), `{rest*}` as the last segment, `/*` at the end.
 */
export function parsePattern(text: string): PatternResult {
  try {
    return { ok: true, pattern: parse(text) };
  } catch (error) {
    if (error instanceof PatternError) return { ok: false, message: error.message, at: error.at };
    throw error;
  }
}

/**
 * Brings literal path text to the spelling that canonical request paths have (rule B13): unreserved characters
 * unescaped, other escapes in upper case, everything outside visible ASCII as escaped UTF-8.
 *
 * @throws PatternError on a malformed escape or a character that no path can hold
 */
export function canonicalLiteral(text: string, offset = 0): string {
  if (PLAIN_LITERAL.test(text)) return text;
  let result = '';
  for (let i = 0; i < text.length; ) {
    const code = text.codePointAt(i)!;
    const char = String.fromCodePoint(code);
    if (char === '%') {
      result += canonicalEscape(text, i, offset);
      i += 3;
      continue;
    }
    if (code < 0x20 || code === 0x7f)
      throw new PatternError('control characters cannot occur in a path', offset + i);
    if (char === '?')
      throw new PatternError('a path holds no "?"; match the query with `query:`', offset + i);
    if (char === '#')
      throw new PatternError('a path holds no "#"; fragments never reach a server', offset + i);
    if (char === '*') {
      throw new PatternError('"*" must be a whole segment at the end ("/prefix/*")', offset + i);
    }
    if (code >= 0xd800 && code <= 0xdfff)
      throw new PatternError('half of a surrogate pair is no character', offset + i);
    result += code > 0x7e || code === 0x20 ? encodeURIComponent(char) : char;
    i += char.length;
  }
  return result;
}

export class PatternError extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.name = 'PatternError';
    this.at = at;
  }
}

function canonicalEscape(text: string, at: number, offset: number): string {
  const digits = text.slice(at + 1, at + 3);
  if (!HEX_BYTE.test(digits)) {
    throw new PatternError(
      '"%" must be followed by two hexadecimal digits; a literal "%" is written "%25"',
      offset + at,
    );
  }
  const byte = Number.parseInt(digits, 16);
  if (byte < 0x20 || byte === 0x7f) {
    throw new PatternError('escaped control characters are refused in every request path', offset + at);
  }
  const char = String.fromCharCode(byte);
  return UNRESERVED.test(char) ? char : `%${digits.toUpperCase()}`;
}

function parse(text: string): PathPattern {
  if (!text.startsWith('/')) throw new PatternError('a path begins with "/"', 0);
  if (text.length > MAX_PATTERN_LENGTH) {
    throw new PatternError(`a path has at most ${MAX_PATTERN_LENGTH} characters`, MAX_PATTERN_LENGTH);
  }
  const segments: Segment[] = [];
  const params: string[] = [];
  let canonical = '';
  let tail: Tail = 'none';
  let at = 1;
  for (;;) {
    const slash = segmentEnd(text, at);
    const last = slash === text.length;
    const raw = text.slice(at, slash);
    if (raw === '*') {
      if (!last) throw new PatternError('"*" ends a path; for one segment in the middle write {name}', at);
      tail = 'wildcard';
      canonical += '/*';
    } else if (REST.test(raw)) {
      if (!last)
        throw new PatternError(`"${raw}" takes the rest of the path, so it must be the last segment`, at);
      tail = 'rest';
      addParam(params, raw.slice(1, -2), at + 1);
      canonical += `/${raw}`;
    } else {
      const segment = parseSegment(raw, at, last, params);
      segments.push(segment);
      canonical += `/${segmentText(segment, params)}`;
    }
    if (last) return { canonical, segments, tail, params };
    at = slash + 1;
  }
}

/** Slashes inside braces belong to a mistake that `parseSegment` explains better. */
function segmentEnd(text: string, from: number): number {
  let open = false;
  for (let i = from; i < text.length; i++) {
    const char = text[i];
    if (char === '{') open = true;
    else if (char === '}') open = false;
    else if (char === '/' && !open) return i;
  }
  return text.length;
}

function parseSegment(raw: string, at: number, last: boolean, params: string[]): Segment {
  if (raw === '' && !last)
    throw new PatternError('empty segment: "//" is merged or refused before matching', at);
  if (raw.startsWith(':')) {
    addParam(params, raw.slice(1), at + 1);
    return ['', ''];
  }
  const literals: string[] = [];
  let from = 0;
  for (;;) {
    const open = raw.indexOf('{', from);
    const literal = raw.slice(from, open < 0 ? raw.length : open);
    const stray = literal.indexOf('}');
    if (stray >= 0) throw new PatternError('"}" without "{"', at + from + stray);
    if (open > 0 && literal === '' && literals.length > 0) {
      throw new PatternError('two parameters need text between them', at + open);
    }
    literals.push(canonicalLiteral(literal, at + from));
    if (open < 0) break;
    const close = raw.indexOf('}', open);
    if (close < 0) throw new PatternError('"{" without "}"', at + open);
    addParam(params, raw.slice(open + 1, close), at + open + 1);
    from = close + 1;
  }
  if (literals.length === 1 && (literals[0] === '.' || literals[0] === '..')) {
    throw new PatternError(`"${raw}" is resolved before matching and can never match`, at);
  }
  return literals;
}

function addParam(params: string[], name: string, at: number): void {
  if (!PARAM_NAME.test(name)) {
    if (name.endsWith('*')) throw new PatternError(`{${name}} must be a whole segment`, at);
    if (name.includes(':')) {
      throw new PatternError(
        `parameter "${name}": patterns for parameters are not supported, only names`,
        at,
      );
    }
    throw new PatternError(
      `"${name}" is no parameter name (a letter or "_", then letters, digits, "_", "-", ".")`,
      at,
    );
  }
  if (params.includes(name)) throw new PatternError(`parameter "${name}" occurs twice`, at);
  params.push(name);
}

/** `params` ends with the names of this segment. */
function segmentText(segment: Segment, params: readonly string[]): string {
  let text = segment[0]!;
  const first = params.length - (segment.length - 1);
  for (let i = 1; i < segment.length; i++) text += `{${params[first + i - 1]}}${segment[i]}`;
  return text;
}
