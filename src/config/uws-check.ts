/** What the engine uws does not serve, and what has no effect with it. docs/engines.md has the whole list. */
import type { Problems } from './problems.ts';
import type { Config } from './schema/schema.ts';
import { type ConfigNode, nameOf, nodeAt, placeOfKey, type TreePath } from './tree.ts';

const OR_BUILTIN = 'use "engine: builtin"';
/** Keys of `tls` for which µWebSockets.js has rules of its own. */
const WITHOUT_EFFECT = ['session_timeout', 'ticket_rotation', 'handshake'];

export function checkUws(
  server: Config['server'],
  tls: Config['tls'] | undefined,
  root: ConfigNode,
  problems: Problems,
): void {
  const refuse = (path: TreePath, what: string): void =>
    problems.error(placeOfKey(root, path), `${nameOf(path)}: the engine uws ${what}; ${OR_BUILTIN}`);
  const http2 = ['server', 'http2', 'enabled'];
  // It is on by default, which means no more than where the engine has it.
  if (server.http2.enabled && nodeAt(root, http2) !== undefined) refuse(http2, 'speaks HTTP/1.1 only');
  const routes = nodeAt(root, ['routes']);
  const count = routes?.kind === 'list' ? routes.items.length : 0;
  for (const path of [['routing'], ...Array.from({ length: count }, (_, index) => ['routes', index])]) {
    if (isOn(root, [...path, 'websocket'])) refuse([...path, 'websocket'], 'serves no WebSockets');
  }
  if (tls?.enabled) checkTls(tls, root, problems, refuse);
}

function checkTls(
  tls: Config['tls'],
  root: ConfigNode,
  problems: Problems,
  refuse: (path: TreePath, what: string) => void,
): void {
  if (tls.client_ca !== undefined) refuse(['tls', 'client_ca'], 'asks for no client certificates');
  if (tls.min_version !== '1.2') refuse(['tls', 'min_version'], 'always speaks TLS 1.2 too');
  if (tls.ocsp !== undefined) refuse(['tls', 'ocsp'], 'staples no OCSP responses');
  tls.certificates.forEach(({ ocsp }, index) => {
    if (ocsp !== undefined) refuse(['tls', 'certificates', index, 'ocsp'], 'staples no OCSP responses');
  });
  for (const key of WITHOUT_EFFECT) {
    const path = ['tls', key];
    if (nodeAt(root, path) === undefined) continue;
    problems.warning(placeOfKey(root, path), `tls.${key} has no effect with the engine uws`);
  }
}

/** Written, and not switched off: settings of something stand for it. */
function isOn(root: ConfigNode, path: TreePath): boolean {
  const node = nodeAt(root, path);
  return node?.kind === 'map' || (node?.kind === 'scalar' && node.value === true);
}
