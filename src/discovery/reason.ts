/** Why something failed, as one short line for log, metric and admin API. */

const LONGEST = 300;

export function reasonOf(error: unknown): string {
  const lines: string[] = [];
  // Libraries wrap the reason: "fetch failed" caused by "connect ECONNREFUSED 127.0.0.1:2379".
  for (let current: unknown = error, depth = 0; current instanceof Error && depth < 4; depth++) {
    const inner: unknown = current instanceof AggregateError ? current.errors[0] : current.cause;
    const code = (current as NodeJS.ErrnoException).code;
    const line = (current.message || code || current.name).split('\n', 1)[0]!.trim();
    if (!lines.includes(line)) lines.push(line);
    current = inner;
  }
  const text = lines.length > 0 ? lines.join(': ') : String(error);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
}
