/** The protocol version of a manifest: which ones there are, and which the gateway takes. */
/** What this gateway speaks, and says in `X-FARP-Version`. */
export const PROTOCOL_VERSION = '1.1.0';
/**
 * Three whole numbers; whatever follows them is ignored. That is how the reference library reads a version (`Sscanf` with
 * `%d.%d.%d`), so pre-releases and a fourth part pass, a leading `v` does not.
 */
const NUMBERS = /^[^\S\n]*([+-]?\d+)\.[^\S\n]*([+-]?\d+)\.[^\S\n]*([+-]?\d+)/;
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);
/** @returns null when the text is no version */
export function parseVersion(text) {
    const match = NUMBERS.exec(text);
    if (match === null)
        return null;
    const [major, minor, patch] = match.slice(1).map((part) => BigInt(part.replace('+', '')));
    if ([major, minor, patch].some((part) => part > INT64_MAX || part < INT64_MIN))
        return null;
    return { major, minor };
}
/** The gateway's own rule (2.4): every 1.x. Services say 1.1.0 today, and a minor version only adds members. */
export function isAcceptedVersion(text) {
    return parseVersion(text)?.major === 1n;
}
/** The rule of the reference library: the major numbers are equal, the minor one is not newer than `own`. */
export function isCompatibleVersion(text, own) {
    const version = parseVersion(text);
    const mine = parseVersion(own);
    return version !== null && mine !== null && version.major === mine.major && version.minor <= mine.minor;
}
export function versionFault(text, own = PROTOCOL_VERSION) {
    return `incompatible protocol version: manifest version ${text}, protocol version ${own}`;
}
//# sourceMappingURL=version.js.map