import os from 'node:os';
import { canShareListener } from '../../native-bindings/reuse-port.js';
/** How many workers to start: `auto` is one for each core this process may use. */
export function workerCount(wanted, canShare = canShareListener()) {
    const count = wanted === 'auto' ? os.availableParallelism() : wanted;
    if (count === 1 || canShare)
        return { count, warning: '' };
    return {
        count: 1,
        warning: `only one worker is started instead of ${count}: several cannot listen on one port here ` +
            '(it needs SO_REUSEPORT of Linux with Node.js 22.12 or newer, or the optional module koffi)',
    };
}
//# sourceMappingURL=worker-count.js.map