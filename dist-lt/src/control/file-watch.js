/**
 * Tells when configuration files have changed and come to rest. Directories are watched, not files, because editors and
 * Kubernetes replace files by renaming; events only wake the watcher, what counts is whether the files' fingerprint
 * differs. The same comparison runs at an interval for file systems that send no events.
 */
import { watch } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
/** A file that never comes to rest (a log in a watched directory) must not hold back the others for ever. */
const LONGEST_SETTLE = 2_000;
/** File times come from the kernel's tick, which lags behind the clock. Milliseconds. */
const CLOCK_GRAIN = 20;
/** Equal to no fingerprint. */
const UNKNOWN = '';
/** One look for a burst of events: a busy directory costs at most 40 looks per second. */
const BURST = 25;
export class FileWatch {
    #options;
    #settle;
    #watchers = new Map();
    #timer;
    #paths;
    #known = '';
    #checking = null;
    #woken = false;
    #closed = false;
    constructor(options) {
        this.#options = options;
        this.#settle = options.settle ?? 150;
        this.#paths = options.paths;
        this.#timer = setInterval(() => this.#wake(), options.interval ?? 5_000);
        this.#timer.unref();
    }
    /** @param readAt as for `setPaths` */
    static async start(options, readAt) {
        const watch = new FileWatch(options);
        await watch.#look(readAt);
        return watch;
    }
    /**
     * Watches other paths from now on.
     *
     * @param readAt `Date.now()` when their content was read: what changed since then is told as well
     */
    async setPaths(paths, readAt) {
        if (paths.length === this.#paths.length && paths.every((one, at) => one === this.#paths[at]))
            return;
        this.#paths = paths;
        await this.#look(readAt);
    }
    async #look(readAt) {
        this.#arm();
        const { text, changedAt } = await fingerprint(this.#paths);
        this.#known = changedAt > readAt - CLOCK_GRAIN ? UNKNOWN : text;
        if (this.#known === UNKNOWN)
            this.#wake();
    }
    close() {
        this.#closed = true;
        clearInterval(this.#timer);
        for (const watcher of this.#watchers.values())
            watcher.close();
        this.#watchers.clear();
    }
    #wake() {
        this.#woken = true;
        if (this.#closed || this.#checking !== null)
            return;
        this.#checking = this.#check().finally(() => {
            this.#checking = null;
            if (this.#woken)
                this.#wake();
        });
    }
    async #check() {
        this.#woken = false;
        this.#arm();
        await pause(BURST);
        const before = this.#known;
        let seen = (await fingerprint(this.#paths)).text;
        if (seen === before)
            return;
        const deadline = performance.now() + LONGEST_SETTLE;
        for (;;) {
            await pause(this.#settle);
            const next = (await fingerprint(this.#paths)).text;
            const rests = next === seen;
            seen = next;
            if (rests || performance.now() > deadline)
                break;
        }
        // `setPaths` has looked in the meantime if `known` is another one.
        if (this.#closed || this.#known !== before || seen === before)
            return;
        this.#known = seen;
        this.#options.onChange();
    }
    /** Watches every directory concerned; one that was removed and made anew gets a new watcher. */
    #arm() {
        const wanted = new Set(this.#paths.flatMap((one) => [path.dirname(path.resolve(one)), path.resolve(one)]));
        for (const [directory, watcher] of this.#watchers) {
            if (wanted.has(directory))
                continue;
            watcher.close();
            this.#watchers.delete(directory);
        }
        for (const directory of wanted)
            if (!this.#watchers.has(directory))
                this.#watch(directory);
    }
    #watch(place) {
        const forget = (watcher) => {
            watcher.close();
            if (this.#watchers.get(place) === watcher)
                this.#watchers.delete(place);
        };
        try {
            const watcher = watch(place, { persistent: false }, (event) => {
                // A renamed or removed place keeps its watcher, which then watches nothing: take a new one.
                if (event === 'rename')
                    forget(watcher);
                this.#wake();
            });
            watcher.on('error', () => forget(watcher));
            this.#watchers.set(place, watcher);
        }
        catch (error) {
            // Not there (yet), or no watchers left: the interval still sees changes.
            this.#options.log.debug('cannot watch for changes, polling instead', {
                path: place,
                error: String(error),
            });
        }
    }
}
function pause(milliseconds) {
    return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
async function fingerprint(paths) {
    const parts = await Promise.all(paths.map((one) => describe(path.resolve(one), true)));
    return join(parts, '\n');
}
async function describe(place, intoDirectory) {
    try {
        const [real, stats] = await Promise.all([realpath(place), stat(place, { bigint: true })]);
        const changedAt = Number(stats.ctimeMs);
        if (!stats.isDirectory()) {
            return { text: `${real} ${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}`, changedAt };
        }
        if (!intoDirectory)
            return { text: '', changedAt: 0 };
        const names = (await readdir(place)).sort();
        const files = await Promise.all(names.map((name) => describe(path.join(place, name), false)));
        return join([{ text: `${real}/`, changedAt }, ...files], ' ');
    }
    catch (error) {
        return { text: `${place}: ${error.code}`, changedAt: 0 };
    }
}
function join(parts, separator) {
    return {
        text: parts.map(({ text }) => text).join(separator),
        changedAt: Math.max(0, ...parts.map(({ changedAt }) => changedAt)),
    };
}
//# sourceMappingURL=file-watch.js.map