import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import os from 'node:os';
export function describeEnvironment(root) {
    const cpu = os.cpus()[0]?.model ?? '';
    return {
        date: new Date().toISOString().slice(0, 10),
        commit: commit(root),
        // Some virtual machines give a number where the name should be.
        cpu: /[a-z]/i.test(cpu) ? cpu : `${vendor()} model ${cpu} (virtual machine)`,
        cores: os.availableParallelism(),
        memoryGiB: Math.round(os.totalmem() / 2 ** 30),
        kernel: os.release().replace(/^(\d+\.\d+).*/, '$1'),
        node: process.versions.node,
    };
}
/** Short hash of HEAD, with `+` when src/ differs from it; `?` outside of a repository. */
function commit(root) {
    try {
        const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
        const changed = git('status', '--porcelain', '--', 'src', 'native-bindings') !== '';
        return git('rev-parse', '--short', 'HEAD') + (changed ? '+' : '');
    }
    catch {
        return '?';
    }
}
function vendor() {
    return /^vendor_id\s*:\s*(\S+)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'CPU';
}
//# sourceMappingURL=environment.js.map