/**
 * Where a thread spends its time that answers nobody: a CPU profile of a fifth of a second, taken through the inspector of
 * this process. It reaches a thread inside a loop or a regular expression. A breakpoint would as well, but a thread that
 * stands at one keeps the process from exiting.
 */
import inspector from 'node:inspector';
import { fileURLToPath } from 'node:url';

const PROFILE_MS = 200;
const SAMPLE_US = 2_000;
const FRAMES = 5;

type Attached = inspector.InspectorNotification<inspector.NodeWorker.AttachedToWorkerEventDataType>;
type Received = inspector.InspectorNotification<inspector.NodeWorker.ReceivedMessageFromWorkerEventDataType>;
type Profile = inspector.Profiler.Profile;
type ProfileNode = inspector.Profiler.ProfileNode;

/**
 * @param threadId of a worker thread that this thread started
 * @param patience milliseconds after which there is no answer: a thread inside native code cannot be asked
 * @returns the innermost function, its callers behind it, `name (file:line)`; '' when it cannot be had
 */
export async function findBusyPlace(threadId: number, patience: number): Promise<string> {
  const session = new inspector.Session();
  session.connect();
  try {
    const profile = await takeProfile(session, threadId, patience);
    return profile === null ? '' : describeBusiest(profile);
  } finally {
    session.disconnect();
  }
}

function takeProfile(
  session: inspector.Session,
  threadId: number,
  patience: number,
): Promise<Profile | null> {
  return new Promise((resolve) => {
    const timers: NodeJS.Timeout[] = [];
    const settle = (profile: Profile | null) => {
      for (const timer of timers) clearTimeout(timer);
      resolve(profile);
    };
    timers.push(setTimeout(() => settle(null), patience));
    session.on('NodeWorker.attachedToWorker', ({ params }: Attached) => {
      // The session sees all threads and tells them apart by titles only.
      if (!params.workerInfo.title.startsWith(`[worker ${threadId}]`)) return;
      let id = 0;
      const send = (method: string, parameters = {}) =>
        session.post('NodeWorker.sendMessageToWorker', {
          sessionId: params.sessionId,
          message: JSON.stringify({ id: ++id, method, params: parameters }),
        });
      send('Profiler.enable');
      send('Profiler.setSamplingInterval', { interval: SAMPLE_US });
      send('Profiler.start');
      timers.push(setTimeout(() => send('Profiler.stop'), PROFILE_MS));
    });
    session.on('NodeWorker.receivedMessageFromWorker', ({ params }: Received) => {
      const { result } = JSON.parse(params.message) as { result?: { profile?: Profile } };
      if (result?.profile !== undefined) settle(result.profile);
    });
    session.post('NodeWorker.enable', { waitForDebuggerOnStart: false });
  });
}

function describeBusiest({ nodes }: Profile): string {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const childrenOf = ({ children = [] }: ProfileNode) => children.map((id) => byId.get(id)!);
  const weights = new Map<ProfileNode, number>();
  // Callers come before those that they call.
  for (const node of nodes.toReversed())
    weights.set(
      node,
      childrenOf(node).reduce((sum, child) => sum + weights.get(child)!, node.hitCount ?? 0),
    );

  const frames: string[] = [];
  let busiest = heaviest(childrenOf(nodes[0]!).filter(isFunction));
  while (busiest !== null) {
    const child = heaviest(childrenOf(busiest).filter(isFunction));
    frames.unshift(describe(busiest));
    const isHere = child === null || weights.get(child)! < (busiest.hitCount ?? 0);
    busiest = isHere ? null : child;
  }
  return frames.slice(0, FRAMES).join(' < ');

  function heaviest(candidates: ProfileNode[]): ProfileNode | null {
    return candidates.reduce<ProfileNode | null>(
      (best, node) => (best === null || weights.get(node)! > weights.get(best)! ? node : best),
      null,
    );
  }
}

/** Not `(program)`, `(idle)` or `(garbage collector)`. */
function isFunction({ callFrame }: ProfileNode): boolean {
  return callFrame.url !== '';
}

function describe({ callFrame, positionTicks = [] }: ProfileNode): string {
  const { functionName, url, lineNumber } = callFrame;
  const hottest = positionTicks.reduce((best, tick) => (tick.ticks > best.ticks ? tick : best), {
    line: lineNumber + 1,
    ticks: 0,
  });
  const file = url.startsWith('file:') ? fileURLToPath(url) : url;
  return `${functionName || '(anonymous)'} (${file}:${hottest.line})`;
}
