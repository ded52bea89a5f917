/** Primary side: what a scrape may ask for. Apart from `exposition.ts`, which brings in prom-client. */
/**
 * Which format the `Accept` field asks for: OpenMetrics if it is named and not less wanted than plain text.
 */
export function formatFor(accept) {
    let openMetrics = 0;
    let text = 0;
    for (const range of (accept ?? '').toLowerCase().split(',')) {
        const [type = '', ...parameters] = range.split(';').map((part) => part.trim());
        const version = parameters.find((parameter) => parameter.startsWith('version='))?.slice(8);
        const quality = parameters.find((parameter) => parameter.startsWith('q='))?.slice(2);
        const weight = quality === undefined ? 1 : Number.parseFloat(quality) || 0;
        if (type === 'application/openmetrics-text') {
            if (version === undefined || version === '1.0.0')
                openMetrics = Math.max(openMetrics, weight);
        }
        else if (type === 'text/plain' || type === 'text/*' || type === '*/*') {
            text = Math.max(text, weight);
        }
    }
    return openMetrics > 0 && openMetrics >= text ? 'openmetrics' : 'prometheus';
}
//# sourceMappingURL=exposition-format.js.map