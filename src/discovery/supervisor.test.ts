import assert from 'node:assert/strict';
import { afterEach, describe, it } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { RecordingSink } from '../../test/discovery/recording-sink.ts';
import type { Backend, Entry, Session } from './backend.ts';
import { retryPause } from './pace.ts';
import { readInstance } from './read-instance.ts';
import { Supervisor } from './supervisor.ts';

const PACE = { firstRetry: 10, longestRetry: 80, steady: 1_000, syncTimeout: 300, quiet: 5, interval: 60 };

function entry(key: string, port = 80): Entry {
  const registration = { id: key, service: 's', address: '10.0.0.1', port };
  const { instance } = readInstance(registration, key);
  return { key, instances: [instance!], refusals: [] };
}

const bad = (key: string, reason: string): Entry => ({
  key,
  instances: [],
  refusals: [{ subject: key, reason }],
});

let provider: Supervisor | null = null;
afterEach(() => provider?.close());

function supervise(watch: (session: Session, times: number) => Promise<void>, more: Partial<Backend> = {}) {
  let times = 0;
  const sink = new RecordingSink();
  const open = async (): Promise<Backend> => ({ watch: (session) => watch(session, ++times), ...more });
  provider = new Supervisor('test', open, PACE);
  provider.start(sink);
  return { sink, provider };
}

const untilAborted = ({ signal }: Session): Promise<void> =>
  new Promise((resolve) => signal.addEventListener('abort', () => resolve()));

describe('supervision of a backend', () => {
  it('changes that come together are told together, and no list is told twice', async () => {
    const { sink } = supervise(async (session) => {
      session.replace([entry('a'), entry('b')]);
      await wait(100);
      for (let n = 0; n < 50; n++) session.set(entry(`c${n}`));
      session.delete('a');
      await wait(150);
      session.set(entry('b'));
      session.replace([entry('b'), ...Array.from({ length: 50 }, (_, n) => entry(`c${n}`))]);
      session.delete('never there');
      await untilAborted(session);
    });
    await sink.until(() => sink.list?.length === 51, 'the changes');
    await wait(250);
    assert.equal(sink.publications, 2);
  });

  it('lists are told at most once in an interval, the last state in the end', async () => {
    const { sink } = supervise(async (session) => {
      session.replace([]);
      for (let n = 1; n <= 100; n++) {
        session.set(entry('a', n));
        await wait(2);
      }
      await untilAborted(session);
    });
    await sink.until(() => sink.list?.[0]?.port === 100, 'the last state');
    assert.ok(sink.publications <= 12, `${sink.publications} lists`);
  });

  it('the list stays while the backend is away; its return is told even when nothing changed', async () => {
    const { sink } = supervise(async (session, times) => {
      if (times > 1 && times < 5) throw new Error('connect ECONNREFUSED');
      session.replace([entry('a')]);
      if (times === 1) throw new Error('connection lost');
      await untilAborted(session);
    });
    await sink.until(() => sink.publications === 2, 'the return');
    assert.deepEqual(sink.failures, ['connection lost', ...Array(3).fill('connect ECONNREFUSED')]);
    assert.equal(sink.list?.length, 1);
    assert.equal(sink.stale, false);
  });

  it('a backend that says nothing is given up', async () => {
    const signals: AbortSignal[] = [];
    const { sink } = supervise(async (session) => {
      signals.push(session.signal);
      await new Promise(() => undefined);
    });
    await sink.until(() => sink.failures.length === 2, 'two failures');
    assert.equal(sink.failures[0], 'no answer within 300 ms');
    assert.ok(signals[0]?.aborted);
  });

  it('a watch that was given up cannot tell anything any more', async () => {
    const sessions: Session[] = [];
    const { sink } = supervise(async (session, times) => {
      sessions.push(session);
      if (times === 1) throw new Error('lost');
      session.replace([entry('b')]);
      await untilAborted(session);
    });
    await sink.until(() => sink.list !== null, 'the second watch');
    sessions[0]?.replace([entry('old')]);
    sessions[0]?.trouble('old');
    await wait(100);
    assert.deepEqual(
      sink.list?.map(({ id }) => id),
      ['b'],
    );
    assert.deepEqual(sink.failures, ['lost']);
  });

  it('trouble with a part is told as long as it lasts, beside the changes of the rest', async () => {
    const { sink } = supervise(async (session) => {
      session.replace([entry('a')]);
      session.trouble('no answer for b');
      session.set(entry('c'));
      await wait(150);
      session.trouble('');
      await untilAborted(session);
    });
    await sink.until(() => sink.list?.length === 2, 'the change');
    assert.ok(sink.stale);
    await sink.until(() => !sink.stale, 'the end of the trouble');
  });

  it('a refusal is told once, and again after the entry was well', async () => {
    const { sink } = supervise(async (session) => {
      session.replace([bad('a', 'no port')]);
      session.replace([bad('a', 'no port')]);
      session.set(bad('a', 'no host'));
      session.set(entry('a'));
      session.set(bad('a', 'no host'));
      await untilAborted(session);
    });
    await sink.until(() => sink.refusals.length === 3, 'the refusals');
    assert.deepEqual(
      sink.refusals.map(({ reason }) => reason),
      ['no port', 'no host', 'no host'],
    );
  });

  it('a backend that cannot be opened is tried again', async () => {
    let opened = 0;
    const sink = new RecordingSink();
    const backend: Backend = {
      watch: async (session) => {
        session.replace([]);
        await untilAborted(session);
      },
      read: async (key) => Buffer.from(key),
    };
    provider = new Supervisor(
      'test',
      async () => {
        if (++opened < 3) throw new Error('no such file: ca.pem');
        return backend;
      },
      PACE,
    );
    provider.start(sink);
    await sink.until(() => sink.list !== null, 'the list');
    assert.deepEqual(sink.failures, Array(2).fill('no such file: ca.pem'));
    assert.deepEqual(await provider.read('k'), Buffer.from('k'));
  });

  it('close ends everything at once, and nothing is told after it', async () => {
    let closed = 0;
    const { sink, provider: one } = supervise(
      async (session) => {
        session.replace([entry('a')]);
        session.set(entry('b'));
        await new Promise(() => undefined);
      },
      { close: async () => void closed++ },
    );
    await sink.until(() => sink.list !== null, 'the list');
    const before = performance.now();
    await one.close();
    assert.ok(performance.now() - before < 1_000);
    assert.equal(closed, 1);
    await wait(100);
    assert.equal(sink.publications, 1);
    assert.deepEqual(sink.failures, []);
  });

  it('the same instance under two keys is one', async () => {
    const { sink } = supervise(async (session) => {
      session.replace([entry('a'), { ...entry('a', 99), key: 'elsewhere' }]);
      await untilAborted(session);
    });
    await sink.until(() => sink.list !== null, 'the list');
    assert.deepEqual(
      sink.list?.map(({ port }) => port),
      [80],
    );
  });
});

describe('pauses between tries', () => {
  const pace = { ...PACE, firstRetry: 100, longestRetry: 1_000 };
  it('double, up to the longest, and half of each is left to chance', () => {
    const pauses = (random: number) => [1, 2, 3, 4, 5, 90].map((n) => retryPause(pace, n, () => random));
    assert.deepEqual(pauses(1), [100, 200, 400, 800, 1_000, 1_000]);
    assert.deepEqual(pauses(0), [50, 100, 200, 400, 500, 500]);
  });
});
