/**
 * What a proxy did with a case, in one line that can be compared: how each request of it was answered, and what the
 * origin was given. `passed POST /x "body"` means answered with 2xx and forwarded so.
 */
export function outcomeOf(observed) {
    if (observed.fault !== '')
        return observed.fault.startsWith('waited') ? 'hangs' : 'no HTTP';
    const answers = observed.statuses.map((status) => (status < 400 ? 'passed' : 'refused'));
    if (answers.length === 0)
        answers.push('refused');
    const seen = observed.seen
        .filter(({ complete }) => complete)
        .map(({ method, target, body }) => {
        return `${method} ${target}${body === '' ? '' : ` ${JSON.stringify(body)}`}`;
    });
    return [answers.join(' '), ...seen].join(', ').replaceAll(/idq[0-9a-z]{8}/g, '@');
}
//# sourceMappingURL=outcome.js.map