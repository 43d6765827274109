export { startTestBroker } from './broker.js';
export { TestChannels, type WaitOptions } from './channels.js';
export { describePostgres, describeStores, type TestDatabase, type TestDatabases } from './databases.js';
export { copyPgliteTemplate } from './embedded-database.js';
export { eventually, NeverHappenedError, type EventuallyOptions } from './eventually.js';
export { findPostgres, unprivilegedUser } from './postgres-cluster.js';
export { startProcessor, type RunningProcessor, type StartProcessorOptions } from './processor.js';
export { startScript, type Script } from './script.js';
export type { SeenEvent } from './stored-events.js';
