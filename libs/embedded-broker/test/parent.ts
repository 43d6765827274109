import { once } from 'node:events';
import { spawnBoundToParent, startBroker } from '../src/index.js';

/** A process that is going to be killed: it has a broker, and a program that ignores SIGTERM. */
const [storeDir = ''] = process.argv.slice(2);
const broker = await startBroker({ storeDir });
const stubborn = spawnBoundToParent('/bin/sh', ['-c', `trap '' TERM; echo ready; while :; do sleep 0.2; done`]);
await once(stubborn.stdout, 'data');
console.log(JSON.stringify({ broker: broker.pid, stubborn: stubborn.pid }));
