import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { importDefinition } from './import-definition.js';
import { configProblems, makeExchange, makeResponse, setUpPlugin, TestContext } from './testing.js';
/** From the compiled test, three folders below the repository. */
const EXAMPLES = fileURLToPath(new URL('../../../examples/plugins/', import.meta.url));
async function example(name) {
    return (await importDefinition(name, path.join(EXAMPLES, `${name}.mjs`))).definition;
}
describe('examples/plugins', () => {
    it('api-key.mjs admits known keys only and names the consumer', async () => {
        const plugin = await example('api-key');
        const context = new TestContext('api-key-demo');
        const hooks = await setUpPlugin(plugin, { keys: { mobile: 'secret-key-1', partner: 'secret-key-2' } }, context);
        const exchange = makeExchange({ headers: { 'X-Api-Key': 'secret-key-2' } });
        assert.equal(hooks.onRequest?.(exchange), undefined);
        assert.equal(exchange.request.headers.get('X-Api-Consumer'), 'partner');
        assert.equal(exchange.request.headers.has('X-Api-Key'), false);
        const refused = hooks.onRequest?.(makeExchange());
        assert.equal(refused?.status, 401);
        assert.deepEqual(context.counted, ['refused']);
        assert.deepEqual(plugin.ownsHeaders, ['X-Api-Consumer']);
        assert.match(configProblems(plugin, { keys: { a: 'short' } })[0] ?? '', /keys\.a: a key needs/);
    });
    it('mask-cards.mjs masks card numbers in JSON', async () => {
        const plugin = await example('mask-cards');
        const hooks = await setUpPlugin(plugin);
        const exchange = makeExchange({ headers: { 'Accept-Encoding': 'gzip' } });
        hooks.onRequest?.(exchange);
        assert.equal(exchange.request.headers.has('Accept-Encoding'), false);
        const response = makeResponse({
            'Content-Type': 'application/json; charset=utf-8',
            'Content-Length': '99',
            ETag: '"a"',
        });
        hooks.onResponse?.(exchange, response);
        const body = Buffer.from('{"card":"4111 1111 1111 1111","order":1234567890}');
        const masked = await hooks.onResponseBody?.(exchange, body, true);
        assert.equal(Buffer.from(masked ?? []).toString(), '{"card":"***************1111","order":1234567890}');
        assert.equal(response.headers.has('Content-Length'), false);
        assert.equal(plugin.wholeBody?.response, 1024 * 1024);
    });
    it('mask-cards.mjs leaves other bodies alone', async () => {
        const hooks = await setUpPlugin(await example('mask-cards'));
        const exchange = makeExchange();
        hooks.onResponse?.(exchange, makeResponse({ 'Content-Type': 'text/plain' }));
        assert.equal(hooks.onResponseBody?.(exchange, Buffer.from('4111111111111111'), true), undefined);
    });
    it('maintenance.mjs answers while the file exists', async () => {
        const folder = await mkdtemp(path.join(tmpdir(), 'octopus-example-'));
        const file = path.join(folder, 'maintenance');
        const context = new TestContext('maintenance');
        try {
            const hooks = await setUpPlugin(await example('maintenance'), { file, every_ms: 100 }, context);
            const status = () => hooks.onRequest?.(makeExchange())?.status ?? 200;
            assert.equal(status(), 200);
            await writeFile(file, '<h1>Back soon</h1>');
            for (let i = 0; i < 50 && status() === 200; i++)
                await new Promise((resolve) => setTimeout(resolve, 50));
            assert.equal(status(), 503);
        }
        finally {
            context.unload();
            await rm(folder, { recursive: true });
        }
    });
});
//# sourceMappingURL=examples.test.js.map