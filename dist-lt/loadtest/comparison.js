import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { CONNECTIONS, Contender } from './contender.js';
import { prepareOrigin } from './origin/origin.js';
import { cpuMicros, } from './report/results.js';
import { startServer } from './system/child.js';
import { allowedCores, layOut } from './system/cores.js';
import { freePort } from './system/ports.js';
import { ready } from './system/probe.js';
/** Runs one case with every peer that can do it. A peer that does not start is reported and left out. */
export async function runCase(scenario, comparison) {
    const { options, environment, say } = comparison;
    const directory = path.join(comparison.directory, scenario.name);
    mkdirSync(directory, { recursive: true });
    const layout = layOut(allowedCores(), scenario.workers);
    const originPort = await freePort();
    const originCommand = prepareOrigin(options.origin, directory, originPort);
    const origin = startServer(originCommand, layout.origin, path.join(directory, 'origin.log'));
    const bench = { scenario, layout, directory, originPort, scripts: comparison.scripts };
    const contenders = [];
    try {
        await ready('origin', origin, originPort, scenario.path, 10);
        for (const found of comparison.peers)
            await startOne(found, bench, contenders, say);
        const proxies = scenario.idleConnections > 0
            ? await inTurn(contenders)
            : await inRounds(contenders, scenario, comparison);
        return {
            name: scenario.name,
            title: scenario.title,
            environment,
            conditions: {
                connections: scenario.idleConnections || CONNECTIONS,
                rounds: options.rounds,
                seconds: options.seconds,
                workers: scenario.workers,
                origin: options.origin,
                overlapping: layout.overlapping,
            },
            proxies,
        };
    }
    finally {
        for (const one of contenders)
            await one.stop();
        await origin.stop();
    }
}
async function startOne(found, bench, started, say) {
    try {
        const contender = await Contender.start(found, bench);
        if (contender)
            started.push(contender);
    }
    catch (error) {
        say(`  ${found.peer.name} is left out: ${error.message}`);
    }
}
async function inTurn(contenders) {
    const results = [];
    for (const one of contenders) {
        await one.measureIdle();
        results.push(await one.finish());
    }
    return results;
}
/**
 * Every proxy once per round, every other round in reverse order: what changes on the machine while the case runs hits
 * all of them alike, and none always follows the same neighbour.
 */
async function inRounds(contenders, scenario, { options, say }) {
    for (const one of contenders)
        await one.warmUp(options.warmUpSeconds, options.mostWarmUps);
    for (let round = 0; round < options.rounds; round++) {
        const order = round % 2 === 0 ? contenders : contenders.toReversed();
        for (const one of order)
            say(peakLine(one.name, await one.measure(options.seconds)));
        if (!scenario.fixedRate || round >= options.fixedRateRounds)
            continue;
        for (const one of order)
            say(fixedRateLine(one.name, await one.measureFixedRate(options.seconds)));
    }
    const results = [];
    for (const one of contenders)
        results.push(await one.finish());
    return results;
}
function peakLine(name, round) {
    const rate = round.requestsPerSecond.toFixed(0).padStart(7);
    const errors = round.errors > 0 ? `, ${round.errors} errors` : '';
    return `  ${name.padEnd(12)} ${rate}/s  ${cpuMicros(round).toFixed(1).padStart(5)} µs CPU per request${errors}`;
}
function fixedRateLine(name, round) {
    const rate = round.requestsPerSecond.toFixed(0).padStart(7);
    const errors = round.errors > 0 ? `, ${round.errors} errors` : '';
    return `  ${name.padEnd(12)} ${rate}/s  p50 ${round.p50.toFixed(2)} ms, p99 ${round.p99.toFixed(2)} ms${errors}`;
}
//# sourceMappingURL=comparison.js.map