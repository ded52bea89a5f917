import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { Parser } from '@asyncapi/parser';
import { mergeAsyncApi } from './merge.js';
const INFO = { title: 'All', description: 'Everything', version: '1.0.0' };
function service(name, document, paths) {
    return { name, version: '1', schemas: [{ type: 'asyncapi', document, host: '', paths, metadata: {} }] };
}
async function merge(...services) {
    const { document, conflicts } = mergeAsyncApi({ info: INFO, services });
    const diagnostics = await new Parser().validate(structuredClone(document));
    const errors = diagnostics.filter(({ severity }) => severity === 0);
    assert.deepEqual(errors.map(({ message, path }) => `${path.join('/')}: ${message}`), []);
    return { document, conflicts };
}
const V2 = {
    asyncapi: '2.6.0',
    info: { title: 'rooms', version: '1' },
    servers: { web: { url: 'ws://10.0.0.1', protocol: 'ws' } },
    channels: {
        '/rooms/{room}': {
            parameters: { room: { description: 'which', schema: { type: 'string', enum: ['a', 'b'] } } },
            publish: { operationId: 'say', message: { $ref: '#/components/messages/Line' } },
            subscribe: {
                message: {
                    oneOf: [{ $ref: '#/components/messages/Line' }, { name: 'joined', payload: { type: 'object' } }],
                },
            },
        },
        hidden: { subscribe: { message: { payload: {} } } },
    },
    components: {
        messages: { Line: { payload: { $ref: '#/components/schemas/Text' } } },
        schemas: { Text: { type: 'string' } },
    },
};
const V3 = {
    asyncapi: '3.0.0',
    info: { title: 'ticks', version: '1' },
    servers: { web: { host: '10.0.0.2', protocol: 'ws' } },
    channels: {
        ticks: {
            address: '/ticks',
            servers: [{ $ref: '#/servers/web' }],
            messages: { tick: { $ref: '#/components/messages/Line' } },
        },
    },
    operations: {
        tick: {
            action: 'send',
            channel: { $ref: '#/channels/ticks' },
            messages: [{ $ref: '#/channels/ticks/messages/tick' }],
        },
    },
    components: {
        messages: { Line: { payload: { $ref: '#/components/schemas/Text' } } },
        schemas: { Text: { type: 'integer' } },
    },
};
describe('merging AsyncAPI', () => {
    it('nothing at all is a valid document', async () => {
        const { document } = await merge();
        assert.deepEqual(document.channels, {});
    });
    it('2.x and 3.x together, below their mounts, with every reference followed', async () => {
        const { document, conflicts } = await merge(service('ticks', V3, { ticks: '/ticks-api/ticks' }), service('chat', V2, { '/rooms/{room}': '/chat/rooms/{room}' }));
        assert.deepEqual(Object.entries(document.channels).map(([name, channel]) => [name, channel.address]), [
            ['chat._rooms_room_', '/chat/rooms/{room}'],
            ['ticks.ticks', '/ticks-api/ticks'],
        ]);
        const room = document.channels['chat._rooms_room_'];
        assert.deepEqual(room.parameters, { room: { description: 'which', enum: ['a', 'b'] } });
        assert.deepEqual(room.messages.Line, { $ref: '#/components/messages/chat_Line' });
        assert.equal(document.channels['ticks.ticks'].servers, undefined);
        const say = document.operations['chat.say'];
        assert.equal(say.action, 'receive');
        assert.deepEqual(say.channel, { $ref: '#/channels/chat._rooms_room_' });
        assert.deepEqual(say.messages, [{ $ref: '#/channels/chat._rooms_room_/messages/Line' }]);
        assert.deepEqual(document.operations['ticks.tick'].messages, [
            { $ref: '#/channels/ticks.ticks/messages/tick' },
        ]);
        assert.deepEqual(document.components.messages.ticks_Line.payload, {
            $ref: '#/components/schemas/ticks_Text',
        });
        assert.ok(conflicts.some(({ item, resolution }) => item === 'Text' && resolution === 'named chat_Text'));
        assert.equal(Object.keys(document.operations).some((name) => name.includes('hidden')), false);
    });
    it('a document that is none takes nobody along', async () => {
        for (const broken of [
            null,
            3,
            {},
            { asyncapi: '1.0.0' },
            { asyncapi: '2.0.0', channels: 7 },
            { asyncapi: '3.0.0', operations: { x: { channel: 3 } }, channels: { x: 5 } },
        ]) {
            const { document } = await merge(service('bad', broken, { x: '/x' }), service('ticks', V3, { ticks: '/ticks' }));
            assert.ok(document.channels['ticks.ticks']);
        }
    });
});
//# sourceMappingURL=merge.test.js.map