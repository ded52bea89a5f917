import { durationOf } from './route-table.js';
/** The pauses between deliveries where the service does not say. */
const RETRY = { maxAttempts: 3, initialDelay: 1_000, maxDelay: 30_000, multiplier: 2 };
/** However often a service wants to be told: nobody keeps the gateway busy for long. */
const MAX_ATTEMPTS = 10;
const MAX_MULTIPLIER = 10;
/** 1.7. Go writes an empty `webhook` where none is configured: without an address it is none. */
export function parseWebhook(fields) {
    if (fields === null)
        return null;
    const serviceWebhook = fields.string('service_webhook');
    const gatewayWebhook = fields.string('gateway_webhook');
    if (serviceWebhook === '' && gatewayWebhook === '')
        return null;
    return {
        serviceWebhook,
        gatewayWebhook,
        secret: fields.string('secret'),
        subscribeEvents: fields.strings('subscribe_events'),
        publishEvents: fields.strings('publish_events'),
        retry: parseRetry(fields.object('retry')),
    };
}
/** Zeros are Go's way of leaving a member out. */
function parseRetry(fields) {
    if (fields === null)
        return RETRY;
    return {
        maxAttempts: fields.clamped('max_attempts', 0, MAX_ATTEMPTS, 0) || RETRY.maxAttempts,
        initialDelay: durationOf(fields, 'initial_delay') || RETRY.initialDelay,
        maxDelay: durationOf(fields, 'max_delay') || RETRY.maxDelay,
        multiplier: Math.min(MAX_MULTIPLIER, Math.max(0, fields.number('multiplier', 0))) || RETRY.multiplier,
    };
}
//# sourceMappingURL=parse-webhook.js.map