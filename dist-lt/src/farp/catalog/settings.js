/** At so many instances together the gateway looks per second; with more of them each is looked at less often. */
const LOOKS_PER_SECOND = 200;
const JITTER = 0.2;
/** Time between two looks at an instance, spread so that those that started together drift apart. */
export function lookInterval({ watchInterval }, instances) {
    // Jitter only ever shortens: `watch_interval` is a promise.
    return Math.max(watchInterval, (instances * 1000) / LOOKS_PER_SECOND) * (1 - JITTER * Math.random());
}
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 30_000;
/** 1, 2, 4 … 30 seconds, as for a service that is just starting (protocol digest 11), 20 % up or down. */
export function retryPause(failures) {
    const pause = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.min(10, failures - 1));
    return pause * (1 + JITTER * (2 * Math.random() - 1));
}
//# sourceMappingURL=settings.js.map