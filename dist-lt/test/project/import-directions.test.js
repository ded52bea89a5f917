import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
const script = path.resolve('scripts/import-directions.mjs');
function run(files) {
    const root = mkdtempSync(path.join(os.tmpdir(), 'octopus-imports-'));
    try {
        for (const [name, text] of Object.entries(files)) {
            mkdirSync(path.dirname(path.join(root, name)), { recursive: true });
            writeFileSync(path.join(root, name), text);
        }
        const { status, stderr } = spawnSync(process.execPath, [script, root], { encoding: 'utf8' });
        return { code: status, lines: stderr.split('\n').filter((line) => line !== '') };
    }
    finally {
        rmSync(root, { recursive: true });
    }
}
test('the sources of this repository import in one direction', () => {
    const { status, stderr } = spawnSync(process.execPath, [script], { encoding: 'utf8' });
    assert.equal(stderr, '');
    assert.equal(status, 0);
});
test('a worker that imports the control plane is caught, also by type or dynamically', () => {
    const { code, lines } = run({
        'src/control/a.ts': 'export const a = 1;\nexport type A = number;\n',
        'src/worker/static.ts': "import { a } from '../control/a.ts';\n",
        'src/worker/type.ts': "import type {\n  A,\n} from '../control/a.ts';\n",
        'src/worker/dynamic.ts': "await import('../control/a.ts');\n",
        'src/worker/again.ts': "export * from '../control/a.ts';\n",
        'src/worker/comment.ts': "// import { a } from '../control/a.ts';\n/*\nimport '../control/a.ts';\n*/\n",
    });
    assert.equal(code, 1);
    assert.deepEqual(lines.map((line) => line.split(' ')[0]).sort(), [
        'src/worker/again.ts',
        'src/worker/dynamic.ts',
        'src/worker/static.ts',
        'src/worker/type.ts',
    ]);
});
test('leaves import nothing above them, folders unknown to the rules are named, missing files too', () => {
    const { code, lines } = run({
        'src/http/a.ts': "import '../routing/b.ts';\n",
        'src/routing/b.ts': "import '../shared/c.ts';\n",
        'src/shared/c.ts': "import './gone.ts';\n",
        'src/novel/d.ts': "import '../shared/c.ts';\n",
    });
    assert.equal(code, 1);
    assert.equal(lines.length, 3, lines.join('\n'));
    assert.match(lines.join('\n'), /src\/http\/a\.ts imports src\/routing\/b\.ts: http\/ may import only shared/);
    assert.match(lines.join('\n'), /src\/shared\/c\.ts imports src\/shared\/gone\.ts: no such file/);
    assert.match(lines.join('\n'), /novel\/ is no known folder/);
});
test('workers keep off the telemetry of the primary thread', () => {
    const { lines } = run({
        'src/telemetry/store.ts': '/** Primary side: all numbers. */\nexport {};\n',
        'src/telemetry/cells.ts': '/** Worker side: cells. */\nexport {};\n',
        'src/worker/a.ts': "import '../telemetry/store.ts';\nimport '../telemetry/cells.ts';\n",
    });
    assert.deepEqual(lines, [
        'src/worker/a.ts imports src/telemetry/store.ts: it belongs to the primary thread',
    ]);
});
test('circles are printed file by file', () => {
    const { code, lines } = run({
        'src/http/a.ts': "import './b.ts';\n",
        'src/http/b.ts': "import './c.ts';\n",
        'src/http/c.ts': "import './a.ts';\n",
    });
    assert.equal(code, 1);
    assert.deepEqual(lines, [
        'circular import: src/http/a.ts -> src/http/b.ts -> src/http/c.ts -> src/http/a.ts',
    ]);
});
//# sourceMappingURL=import-directions.test.js.map