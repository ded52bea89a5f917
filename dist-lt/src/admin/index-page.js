/** The page that a browser sees at `/` of the admin address. */
export function indexPage(entries) {
    const rows = entries.map(({ method, path, summary }) => {
        const name = `${method} ${escapeHtml(path)}`;
        const link = method === 'GET' ? `<a href="${escapeHtml(path)}">${name}</a>` : name;
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
function escapeHtml(text) {
    return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
//# sourceMappingURL=index-page.js.map