/** Fills in every text of the tree. @returns the names of the variables that the files refer to */
export function interpolateTree(root, env, problems) {
    const used = new Set();
    const visit = (node) => {
        if (node.kind === 'list')
            node.items.forEach(visit);
        else if (node.kind === 'map')
            for (const entry of node.entries.values())
                visit(entry.value);
        else if (typeof node.value === 'string' && node.value.includes('${'))
            fill(node, node.value, env, used, problems);
    };
    visit(root);
    return used;
}
function fill(node, template, env, used, problems) {
    const result = interpolate(template, env);
    for (const name of result.used)
        used.add(name);
    for (const message of result.faults)
        problems.error(node, message);
    node.value = result.text;
    // Only an escape (`$${`): the text is the user's own, nothing was filled in.
    if (result.used.size === 0)
        return;
    node.template = template;
    node.fromEnvironment = [...result.used].some((name) => env[name] !== undefined);
}
/**
 * `${VAR}` must be set (it may be empty); `${VAR:-x}` is x, and `${VAR:?message}` an error, when VAR is unset or empty.
 * x and message may hold `${…}` themselves. `$${` is a literal `${`. Any other `$`, as in a bcrypt hash, is left alone,
 * and what a variable holds is never looked at again.
 */
export function interpolate(template, env) {
    const used = new Set();
    const faults = [];
    const expand = (text) => {
        let result = '';
        let at = 0;
        for (;;) {
            const start = text.indexOf('${', at);
            if (start < 0)
                return result + text.slice(at);
            if (text[start - 1] === '$' && start > at) {
                result += `${text.slice(at, start - 1)}\${`;
                at = start + 2;
                continue;
            }
            const end = closingBrace(text, start + 2);
            if (end < 0) {
                faults.push(`"\${" without "}"; write $\${ for a literal \${`);
                return result + text.slice(at);
            }
            result += text.slice(at, start) + resolve(text.slice(start + 2, end));
            at = end + 1;
        }
    };
    const resolve = (expression) => {
        const match = /^([A-Za-z_][A-Za-z0-9_]*)(?::([-?])([\s\S]*))?$/.exec(expression);
        if (match === null) {
            faults.push(`"\${…}" must be \${NAME}, \${NAME:-default} or \${NAME:?message}; write $\${ for a literal \${`);
            return '';
        }
        const [, name = '', operator, operand = ''] = match;
        used.add(name);
        const value = env[name];
        if (value !== undefined && (value !== '' || operator === undefined))
            return value;
        if (operator === '-')
            return expand(operand);
        const reason = operator === '?' && operand !== '' ? expand(operand) : `set it, or give a default: \${${name}:-…}`;
        faults.push(`the environment variable ${name} is not set; ${reason}`);
        return '';
    };
    return { text: expand(template), used, faults };
}
function closingBrace(text, from) {
    let depth = 1;
    for (let at = from; at < text.length; at++) {
        if (text[at] === '}') {
            if (--depth === 0)
                return at;
        }
        else if (text[at] === '$' && text[at + 1] === '{') {
            depth++;
            at++;
        }
    }
    return -1;
}
//# sourceMappingURL=interpolate.js.map