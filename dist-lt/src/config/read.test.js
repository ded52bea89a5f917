// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the notation of the configuration
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../test/support/random.js';
import { formatProblem, Problems } from './problems.js';
import { readJson } from './read-json.js';
import { readYaml } from './read-yaml.js';
import { nodeAt, placeOfKey, SourceText, toValue } from './tree.js';
async function read(name, text) {
    const problems = new Problems();
    const source = new SourceText(name, text);
    const root = name.endsWith('.json') ? readJson(source, problems) : await readYaml(source, problems);
    const at = (path, key = false) => {
        const node = root === null ? undefined : key ? placeOfKey(root, path) : nodeAt(root, path);
        assert.ok(node, `something at ${path.join('.')}`);
        const { line, column } = node.source.position(node.offset);
        return `${line}:${column}`;
    };
    return {
        root,
        at,
        value: root === null ? null : toValue(root, true),
        problems: problems.sorted().map(formatProblem),
    };
}
const SAMPLES = [
    '{"a": 1, "b": [true, false, null, "x"], "c": {"d": -1.5e3}}',
    '{}',
    '  {"unicode": "\\u00e4\\ud83d\\ude00 ä 😀", "escapes": "\\"\\\\\\/\\b\\f\\n\\r\\t"}',
    '{"deep": [[[[{"x": []}]]]], "empty": "", "zero": 0}\n',
    '{"__proto__": {"polluted": true}, "constructor": 1}',
];
for (const text of SAMPLES) {
    test(`JSON is read like JSON.parse does: ${text.trim().slice(0, 40)}`, async () => {
        const { value, problems } = await read('a.json', text);
        assert.deepEqual(problems, []);
        assert.equal(JSON.stringify(value), JSON.stringify(JSON.parse(text)));
    });
    test(`YAML reads JSON the same way: ${text.trim().slice(0, 40)}`, async () => {
        const { value, problems } = await read('a.yaml', text);
        assert.deepEqual(problems, []);
        assert.equal(JSON.stringify(value), JSON.stringify(JSON.parse(text)));
    });
}
test('JSON and YAML know where everything stands', async () => {
    const json = await read('a.json', '{\n  "a": [1,\n    {"b": "x"}]\n}');
    assert.deepEqual([json.at([]), json.at(['a'], true), json.at(['a']), json.at(['a', 0]), json.at(['a', 1, 'b'])], ['1:1', '2:3', '2:8', '2:9', '3:11']);
    const yaml = await read('a.yaml', '# comment\na:\n  - 1\n  - b: x\n    c: "y"\n');
    assert.deepEqual([yaml.at([]), yaml.at(['a'], true), yaml.at(['a', 0]), yaml.at(['a', 1]), yaml.at(['a', 1, 'c'])], ['2:1', '2:1', '3:5', '4:5', '5:8']);
});
for (const [text, problem] of [
    ['', 'a.json:1:1: the file is empty; write {} if that is meant'],
    [' \n', 'a.json:1:1: the file is empty; write {} if that is meant'],
    ['{"a": 1', 'a.json:1:8: not valid JSON: expected "," or "}"'],
    ['{"a" 1}', 'a.json:1:6: not valid JSON: expected ":" after the key'],
    ['{a: 1}', 'a.json:1:2: not valid JSON: expected a key in double quotes'],
    ['{"a": [1,]}', 'a.json:1:10: not valid JSON: expected a value'],
    ['{"a": 1} x', 'a.json:1:10: not valid JSON: expected the end of the file'],
    [
        '{"a":\n "x\ny"}',
        'a.json:2:2: not valid JSON: this text does not end, or holds an illegal character or escape',
    ],
    [
        '{"a": "\\x"}',
        'a.json:1:7: not valid JSON: this text does not end, or holds an illegal character or escape',
    ],
    ['{"a": 01}', 'a.json:1:8: not valid JSON: expected "," or "}"'],
    ['{"a":', 'a.json:1:6: not valid JSON: the file ends too early'],
    ['{"a": 1, "a": 2}', 'a.json:1:10: the key "a" is already there in line 1; take one of them out'],
    [`${'['.repeat(300)}`, 'a.json:1:202: not valid JSON: more than 200 levels'],
]) {
    test(`JSON fault: ${JSON.stringify(text.slice(0, 30))}`, async () => {
        assert.deepEqual((await read('a.json', text)).problems, [problem]);
    });
}
test('random and damaged JSON is accepted or refused like JSON.parse does', async () => {
    const random = new Random(20);
    const value = (depth) => {
        const kind = random.below(depth > 3 ? 5 : 7);
        if (kind === 5)
            return Array.from({ length: random.below(4) }, () => value(depth + 1));
        if (kind === 6)
            return Object.fromEntries(Array.from({ length: random.below(4) }, (_, i) => [`k${i}`, value(depth + 1)]));
        return random.pick([
            null,
            true,
            false,
            0,
            -1.25e-7,
            1e300,
            '',
            'plain',
            'quo"te',
            'back\\slash',
            'new\nline',
            'ü',
            '\u2028',
        ]);
    };
    let refused = 0;
    for (let round = 0; round < 2000; round++) {
        let text = JSON.stringify(value(0), null, random.pick([0, 1, 2]));
        if (random.chance(0.6)) {
            const at = random.below(text.length);
            text =
                text.slice(0, at) +
                    random.pick(['', '"', ',', '}', '[', '\\', '0', ' ', '\u0001', 'e']) +
                    text.slice(at + random.pick([0, 1]));
        }
        if (text.trim() === '')
            continue;
        let expected = null;
        try {
            expected = JSON.stringify(JSON.parse(text));
        }
        catch {
            refused++;
        }
        const { root, value: actual, problems } = await read('a.json', text);
        if (problems.some((problem) => problem.includes('is already there')))
            continue;
        assert.equal(root === null ? null : JSON.stringify(actual), expected, text);
        assert.equal(problems.length, expected === null ? 1 : 0, text);
    }
    assert.ok(refused > 300, 'the damage is felt');
});
test('YAML faults name line and column', async () => {
    const first = async (text) => (await read('a.yaml', text)).problems[0];
    assert.equal(await first(''), 'a.yaml:1:1: the file is empty; write {} if that is meant');
    assert.equal(await first('# only a comment\n'), 'a.yaml:1:1: the file is empty; write {} if that is meant');
    assert.match((await first('a: 1\n  b: 2\n')) ?? '', /^a\.yaml:\d:\d: not valid YAML: /);
    assert.match((await first('a: [1, 2\nb: 3\n')) ?? '', /^a\.yaml:\d:\d+: not valid YAML: /);
    assert.match((await first('a: 1\n---\nb: 2\n')) ?? '', /^a\.yaml:\d:\d: a second YAML document begins here/);
    assert.equal(await first('a: 1\nb: 2\na: 3\n'), 'a.yaml:3:1: the key "a" is already there in line 1; take one of them out');
    assert.match((await first('a: *nowhere\n')) ?? '', /nowhere/);
});
test('YAML with braces inside braces gets a hint, and one report for each line', async () => {
    for (const text of ['a: { port: ${PORT} }\n', 'a: { path: /a/{id}, b: { c: secret } }\n']) {
        const { problems } = await read('a.yaml', text);
        assert.equal(problems.length, 1, problems.join('\n'));
        assert.match(problems[0] ?? '', /^a\.yaml:1:\d+: not valid YAML: .* needs quotes\)$/);
        assert.doesNotMatch(problems[0] ?? '', /secret/);
    }
});
test('YAML 1.2: yes and on are text, and a key without value is null', async () => {
    const { value } = await read('a.yaml', 'a: yes\non: off\nc:\nd: 0x10\n');
    assert.deepEqual(value, { a: 'yes', on: 'off', c: null, d: 16 });
});
test('aliases and merge keys are filled in', async () => {
    const { value, problems } = await read('a.yaml', 'base: &base\n  x: 1\n  y: 2\nmore: &more { y: 3, z: 4 }\na: *base\nb:\n  <<: *base\n  y: 9\nc:\n  <<: [*more, *base]\n');
    assert.deepEqual(problems, []);
    assert.deepEqual(value, {
        base: { x: 1, y: 2 },
        more: { y: 3, z: 4 },
        a: { x: 1, y: 2 },
        b: { y: 9, x: 1 },
        c: { y: 3, z: 4, x: 1 },
    });
});
test('aliases that multiply are stopped', async () => {
    let text = 'a0: &a0 [1,1,1,1,1,1,1,1,1,1]\n';
    for (let i = 1; i < 12; i++)
        text += `a${i}: &a${i} [${Array(10)
            .fill(`*a${i - 1}`)
            .join(',')}]\n`;
    const { problems } = await read('a.yaml', text);
    assert.ok(problems.some((problem) => problem.includes('too many aliases')), problems.join('\n'));
});
test('an alias inside its own anchor is a fault', async () => {
    const { problems } = await read('a.yaml', 'a: &a\n  b: *a\n');
    assert.ok(problems.length > 0);
});
test('the event loop breathes while a large YAML file is read', async () => {
    const routes = Array.from({ length: 5000 }, (_, i) => `  - path: /svc${i}/{id}\n    methods: [GET]\n    upstream: a\n`);
    let turns = 0;
    let running = true;
    const turn = () => {
        turns++;
        if (running)
            setImmediate(turn);
    };
    setImmediate(turn);
    const { problems } = await read('a.yaml', `routes:\n${routes.join('')}`);
    running = false;
    assert.deepEqual(problems, []);
    // Without pauses nothing but microtasks would run until the end.
    assert.ok(turns >= 2, `${turns} turns`);
});
//# sourceMappingURL=read.test.js.map