/** The page that a browser sees at `/` of the admin address. */

export interface IndexEntry {
  readonly method: string;
  readonly path: string;
  readonly summary: string;
}

export function indexPage(entries: readonly IndexEntry[]): string {
  const rows = entries.map(({ method, path, summary }) => {
    const name = `${method} ${escapeHtml(path)}`;
    const link = method === 'GET' && !path.includes('{') ? `<a href="${escapeHtml(path)}">${name}</a>` : name;
    return `<tr><td><code>${link}</code></td><td>${escapeHtml(summary)}</td></tr>`;
  });
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Octopus admin</title>
<style>
  body { font: 16px/1.5 system-ui, sans-serif; margin: 3rem auto; max-width: 60rem; padding: 0 1rem; color-scheme: light dark; }
  td { padding: .3rem 1.5rem .3rem 0; vertical-align: top; }
</style>
<h1>Octopus admin</h1>
<table>
${rows.join('\n')}
</table>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
