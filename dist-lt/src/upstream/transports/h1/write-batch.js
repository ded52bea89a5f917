const waiting = [];
/**
 * Flushes `member` when the current turn of the event loop has handled all its sockets. Microtasks and nextTick would be
 * too early: they run after each socket, with one request collected.
 */
export function flushAfterTurn(member) {
    if (waiting.push(member) === 1)
        setImmediate(flushAll);
}
function flushAll() {
    // What is added while flushing belongs to the same turn.
    for (let i = 0; i < waiting.length; i++)
        waiting[i].flush();
    waiting.length = 0;
}
//# sourceMappingURL=write-batch.js.map