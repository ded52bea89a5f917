export class Metrics {
    samples;
    constructor(text) {
        this.samples = text
            .split('\n')
            .filter((line) => line !== '' && !line.startsWith('#'))
            .map(parseSample);
    }
    /** Sum of all samples of that name whose labels include the given ones; 0 when there is none. */
    sum(name, labels = {}) {
        return this.matching(name, labels).reduce((total, sample) => total + sample.value, 0);
    }
    matching(name, labels = {}) {
        const wanted = Object.entries(labels);
        return this.samples.filter((sample) => sample.name === name && wanted.every(([key, value]) => sample.labels[key] === value));
    }
}
function parseSample(line) {
    const match = /^([A-Za-z_:][\w:]*)(?:\{(.*)\})? (\S+)(?: \d+)?$/.exec(line);
    if (!match)
        throw new Error(`not a metric line: ${line}`);
    const [, name = '', labelText = '', value = ''] = match;
    const labels = {};
    for (const [, key = '', quoted = ''] of labelText.matchAll(/([A-Za-z_]\w*)="((?:[^"\\]|\\.)*)"/g)) {
        labels[key] = quoted.replace(/\\(.)/g, (_, char) => (char === 'n' ? '\n' : char));
    }
    return { name, labels, value: value === '+Inf' ? Number.POSITIVE_INFINITY : Number(value) };
}
//# sourceMappingURL=metrics.js.map