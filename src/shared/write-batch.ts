import { collectSends, sendStaged } from './staged-sends.ts';

/** Something that collects bytes to write. */
export interface Batched {
  flush(): void;
}

const waiting: Batched[] = [];
let inTurn = false;
/** By the weight of the last tick. */
let busy = false;

/**
 * Flushes `member` when the current turn of the event loop has handled all its sockets. Microtasks and nextTick would be
 * too early: they run after each socket, with one request collected.
 */
export function flushAfterTurn(member: Batched): void {
  if (waiting.push(member) === 1 && !inTurn) setImmediate(flushAll);
}

function flushAll(): void {
  collectSends(waiting.length);
  // What is added while flushing belongs to the same turn.
  for (let i = 0; i < waiting.length; i++) waiting[i]!.flush();
  waiting.length = 0;
  sendStaged();
}

/** Calls in progress and writes since the last tick (100 ms) from which on turns have many sockets. */
const MANY_CALLS = 16;
const MANY_WRITES = 1000;

/**
 * Whether it pays to let text wait for the end of the turn. Where a turn has one or two sockets it does not: to be told of
 * the end costs 0.7 µs. With 64 connections at full load the proxy takes 3 to 5% less CPU time.
 */
export const turnLoad: { crowded: boolean; writes: number } = { crowded: false, writes: 0 };

/** At every tick of the coarse clock. */
export function weighTurns(callsInProgress: number): void {
  busy = callsInProgress >= MANY_CALLS && turnLoad.writes >= MANY_WRITES;
  turnLoad.crowded = busy;
  turnLoad.writes = 0;
}

/** A turn whose end is known begins: `count` sockets have something to read. */
export function beginTurn(count: number): void {
  inTurn = true;
  turnLoad.crowded = count > 1;
}

export function endTurn(): void {
  flushAll();
  inTurn = false;
  turnLoad.crowded = busy;
}
