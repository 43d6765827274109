export { startTestBroker } from './broker.js';
export { brokerState, untilAnswered, untilStored } from './broker-state.js';
export { TestChannels, type WaitOptions } from './channels.js';
export { TestCluster } from './cluster.js';
export { contextFor } from './context.js';
export {
  databaseEnvironment,
  describePostgres,
  describeStores,
  setReadOnly,
  type TestDatabase,
  type TestDatabases,
} from './databases.js';
export { copyPgliteTemplate } from './embedded-database.js';
export { eventually, NeverHappenedError, type EventuallyOptions } from './eventually.js';
export { failureOf } from './failure.js';
export { InjectedFaultError, type Faults } from './faults.js';
export { goldenEvent } from './golden.js';
export { createMicroservice } from './microservice.js';
export { findPostgres, unprivilegedUser } from './postgres-cluster.js';
export { startProcessor, type StartProcessorOptions } from './processor.js';
export { quietLog, recordLog } from './quiet-log.js';
export { runService, type RunningService } from './service.js';
export { startServiceProcess } from './service-process.js';
export { startScript, type Script } from './script.js';
export type { SeenEvent } from './stored-events.js';
