import { once } from 'node:events';
import { spawnBoundToParent, startBroker } from '../src/index.js';

// Starts a broker and a program that ignores SIGTERM, prints their ids, and runs until this process is killed.
const [storeDir = ''] = process.argv.slice(2);
const broker = await startBroker({ storeDir });
const stubborn = spawnBoundToParent('/bin/sh', [
  '-c',
  `trap '' TERM; echo ready; while :; do sleep 0.2; done`,
]);
await once(stubborn.stdout, 'data');
console.log(JSON.stringify({ broker: broker.pid, stubborn: stubborn.pid }));
