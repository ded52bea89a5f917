// Answers 503 with a page of one's own while a file exists: `touch /tmp/maintenance`, `rm /tmp/maintenance`.
// Shows an asynchronous hook and a timer that ends with the plugin.
//
//   plugins:
//     - { name: maintenance, path: ./examples/plugins/maintenance.mjs, config: { file: /tmp/maintenance } }
//   middleware: [maintenance]
import { readFile } from 'node:fs/promises';

/** @type {import('octopus-gateway/plugin').UserPlugin<{ file: string, every_ms: number }>} */
export const plugin = {
  name: 'maintenance',
  version: '1.0.0',
  config: (z) => z.strictObject({ file: z.string(), every_ms: z.int().min(100).default(1000) }),

  async setup(config, context) {
    /** @type {string | null} */
    let page = null;
    const look = async () => {
      const found = await readFile(config.file, 'utf8').catch(() => null);
      if ((found === null) !== (page === null))
        context.log('warn', found === null ? 'maintenance over' : 'maintenance');
      page = found;
    };
    await look();
    const timer = setInterval(look, config.every_ms);
    // After a reload that changes or removes this plugin, when its last request has ended.
    context.onUnload(() => clearInterval(timer));

    return {
      onRequest() {
        if (page === null) return undefined;
        return { status: 503, headers: { 'Content-Type': 'text/html', 'Retry-After': '60' }, body: page };
      },
    };
  },
};
