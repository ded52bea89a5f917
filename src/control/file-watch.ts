/**
 * Tells when configuration files have changed and come to rest. Directories are watched, not files, because editors and
 * Kubernetes replace files by renaming; events only wake the watcher, what counts is whether the files' fingerprint
 * differs. The same comparison runs at an interval for file systems that send no events.
 */
import { type FSWatcher, watch } from 'node:fs';
import { readdir, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import type { ControlLog } from './log.ts';

export interface FileWatchOptions {
  /** Files and directories; they need not exist at the moment. */
  readonly paths: readonly string[];
  readonly onChange: () => void;
  readonly log: ControlLog;
  /** The fingerprint must stay the same for that long before a change is told, in milliseconds. Default 150. */
  readonly settle?: number;
  /** How often to look without an event. Default 5 s. */
  readonly interval?: number;
}

/** A file that never comes to rest (a log in a watched directory) must not hold back the others for ever. */
const LONGEST_SETTLE = 2_000;

/** One look for a burst of events: a busy directory costs at most 40 looks per second. */
const BURST = 25;

export class FileWatch {
  readonly #options: FileWatchOptions;
  readonly #settle: number;
  readonly #watchers = new Map<string, FSWatcher>();
  readonly #timer: NodeJS.Timeout;
  #paths: readonly string[];
  #known = '';
  #checking: Promise<void> | null = null;
  #woken = false;
  #closed = false;

  private constructor(options: FileWatchOptions) {
    this.#options = options;
    this.#settle = options.settle ?? 150;
    this.#paths = options.paths;
    this.#timer = setInterval(() => this.#wake(), options.interval ?? 5_000);
    this.#timer.unref();
  }

  /** Changes from now on are told. */
  static async start(options: FileWatchOptions): Promise<FileWatch> {
    const watch = new FileWatch(options);
    watch.#arm();
    watch.#known = await fingerprint(options.paths);
    return watch;
  }

  /** Watches other paths; the difference itself is no change. */
  async setPaths(paths: readonly string[]): Promise<void> {
    if (paths.length === this.#paths.length && paths.every((one, at) => one === this.#paths[at])) return;
    this.#paths = paths;
    this.#arm();
    this.#known = await fingerprint(paths);
  }

  close(): void {
    this.#closed = true;
    clearInterval(this.#timer);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  #wake(): void {
    this.#woken = true;
    if (this.#closed || this.#checking !== null) return;
    this.#checking = this.#check().finally(() => {
      this.#checking = null;
      if (this.#woken) this.#wake();
    });
  }

  async #check(): Promise<void> {
    this.#woken = false;
    this.#arm();
    await pause(BURST);
    const before = this.#known;
    let seen = await fingerprint(this.#paths);
    if (seen === before) return;
    const deadline = performance.now() + LONGEST_SETTLE;
    for (;;) {
      await pause(this.#settle);
      const next = await fingerprint(this.#paths);
      const rests = next === seen;
      seen = next;
      if (rests || performance.now() > deadline) break;
    }
    // `setPaths` has looked in the meantime if `known` is another one.
    if (this.#closed || this.#known !== before || seen === before) return;
    this.#known = seen;
    this.#options.onChange();
  }

  /** Watches every directory concerned; one that was removed and made anew gets a new watcher. */
  #arm(): void {
    const wanted = new Set(
      this.#paths.flatMap((one) => [path.dirname(path.resolve(one)), path.resolve(one)]),
    );
    for (const [directory, watcher] of this.#watchers) {
      if (wanted.has(directory)) continue;
      watcher.close();
      this.#watchers.delete(directory);
    }
    for (const directory of wanted) if (!this.#watchers.has(directory)) this.#watch(directory);
  }

  #watch(place: string): void {
    const forget = (watcher: FSWatcher) => {
      watcher.close();
      if (this.#watchers.get(place) === watcher) this.#watchers.delete(place);
    };
    try {
      const watcher = watch(place, { persistent: false }, (event) => {
        // A renamed or removed place keeps its watcher, which then watches nothing: take a new one.
        if (event === 'rename') forget(watcher);
        this.#wake();
      });
      watcher.on('error', () => forget(watcher));
      this.#watchers.set(place, watcher);
    } catch (error) {
      // Not there (yet), or no watchers left: the interval still sees changes.
      this.#options.log.debug('cannot watch for changes, polling instead', {
        path: place,
        error: String(error),
      });
    }
  }
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Changes when any of the files does: its place behind symbolic links, identity, size or times. */
async function fingerprint(paths: readonly string[]): Promise<string> {
  const parts = await Promise.all(paths.map((one) => describe(path.resolve(one), true)));
  return parts.join('\n');
}

async function describe(place: string, intoDirectory: boolean): Promise<string> {
  try {
    const [real, stats] = await Promise.all([realpath(place), stat(place, { bigint: true })]);
    if (!stats.isDirectory()) return `${real} ${stats.ino} ${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}`;
    if (!intoDirectory) return '';
    const names = (await readdir(place)).sort();
    const files = await Promise.all(names.map((name) => describe(path.join(place, name), false)));
    return `${real}/ ${files.join(' ')}`;
  } catch (error) {
    return `${place}: ${(error as NodeJS.ErrnoException).code}`;
  }
}
