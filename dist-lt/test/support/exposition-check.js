/**
 * A strict reader of the Prometheus text format 0.0.4 and of OpenMetrics 1.0.0: it throws at everything that a scraper
 * might refuse or read differently.
 */
import assert from 'node:assert/strict';
const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LABEL = '[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\\\\n]|\\\\[\\\\"n])*"';
const SAMPLE = new RegExp(`^(${NAME})(\\{(?:${LABEL}(?:,${LABEL})*)?\\})? (\\S+)$`);
const NUMBER = /^(?:[+-]?Inf|Na[nN]|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;
export function checkExposition(text, format) {
    assert.ok(text.endsWith('\n'), 'ends with a line feed');
    const lines = text.slice(0, -1).split('\n');
    if (format === 'openmetrics') {
        assert.equal(lines.pop(), '# EOF');
        assert.ok(!lines.includes(''), 'no empty lines in OpenMetrics');
    }
    const families = new Map();
    let current;
    for (const line of lines) {
        if (line === '')
            continue;
        if (line.startsWith('# HELP ')) {
            const [, name = '', help = ''] = new RegExp(`^# HELP (${NAME}) (.+)$`).exec(line) ?? assert.fail(line);
            assert.ok(!families.has(name), `${name} comes once`);
            current = { name, help, type: '', samples: new Map() };
            families.set(name, current);
        }
        else if (line.startsWith('# TYPE ')) {
            const [, name = '', type = ''] = new RegExp(`^# TYPE (${NAME}) (counter|gauge|histogram|summary)$`).exec(line) ?? assert.fail(line);
            assert.equal(name, current?.name, 'TYPE follows HELP');
            current.type = type;
        }
        else {
            assert.ok(current?.type, `a type before ${line}`);
            addSample(current, line, format);
        }
    }
    for (const family of families.values())
        if (family.type === 'histogram')
            checkHistogram(family);
    return families;
}
function addSample(family, line, format) {
    const match = SAMPLE.exec(line);
    assert.ok(match, `well-formed: ${line}`);
    const [, name = '', labels = '', text = ''] = match;
    assert.match(text, NUMBER);
    const value = text.endsWith('Inf') ? Number(text.replace('Inf', 'Infinity')) : Number.parseFloat(text);
    const suffixes = family.type === 'histogram'
        ? ['_bucket', '_sum', '_count']
        : family.type === 'summary'
            ? ['', '_sum', '_count']
            : [family.type === 'counter' && format === 'openmetrics' ? '_total' : ''];
    assert.ok(suffixes.some((suffix) => name === family.name + suffix), `${name} belongs to ${family.name}`);
    if (family.type === 'counter') {
        assert.ok(value >= 0 && Number.isFinite(value), `${line}: counters are finite and never negative`);
        assert.ok(name.endsWith('_total'), `${name}: counters end in _total`);
    }
    const names = [...labels.matchAll(/(?:^\{|,)([a-zA-Z_]\w*)="(?:[^"\\]|\\.)*"/g)].map((found) => found[1]);
    assert.equal(new Set(names).size, names.length, `${line}: no label twice`);
    // Labels in another order are the same series.
    const parts = labels.slice(1, -1).match(new RegExp(LABEL, 'g')) ?? [];
    const key = `${name}{${[...parts].sort().join(',')}}`;
    assert.ok(!family.samples.has(key), `${key} comes once`);
    family.samples.set(key, value);
}
function checkHistogram(family) {
    const groups = new Map();
    for (const [key, value] of family.samples) {
        const le = /[{,]le="([^"]+)"/.exec(key)?.[1];
        if (le === undefined)
            continue;
        const rest = key
            .replace(`${family.name}_bucket`, '')
            .replace(`le="${le}"`, '')
            .replace('{,', '{')
            .replace(',,', ',')
            .replace(',}', '}');
        groups.set(rest, [
            ...(groups.get(rest) ?? []),
            { le: le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le), count: value },
        ]);
    }
    for (const [labels, buckets] of groups) {
        for (let at = 1; at < buckets.length; at++) {
            assert.ok(buckets[at].le > buckets[at - 1].le, `${family.name}${labels}: bounds ascend`);
            assert.ok(buckets[at].count >= buckets[at - 1].count, `${family.name}${labels}: counts are cumulative`);
        }
        assert.equal(buckets.at(-1)?.le, Number.POSITIVE_INFINITY, 'the last bound is +Inf');
        assert.equal(family.samples.get(`${family.name}_count${labels}`), buckets.at(-1)?.count, 'count equals +Inf');
        assert.ok(family.samples.has(`${family.name}_sum${labels}`), 'a sum');
    }
}
//# sourceMappingURL=exposition-check.js.map