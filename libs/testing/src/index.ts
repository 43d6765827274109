export { startTestBroker } from './broker/broker.js';
export { brokerState, untilAnswered, untilStored } from './broker/broker-state.js';
export { TestChannels, type WaitOptions } from './events/channels.js';
export { TestCluster } from './broker/cluster.js';
export { contextFor } from './events/context.js';
export {
  databaseEnvironment,
  describePostgres,
  describeStores,
  setReadOnly,
  type TestDatabase,
  type TestDatabases,
} from './databases/databases.js';
export { createEmbeddedDatabase, type EmbeddedDatabase } from './databases/embedded-database.js';
export { describeProcessor, type ProcessorTest } from './service/describe-processor.js';
export { eventually, NeverHappenedError, type EventuallyOptions } from './eventually.js';
export { failureOf } from './events/failure.js';
export { InjectedFaultError, type Faults } from './service/faults.js';
export { goldenEvent } from './events/golden.js';
export { createMicroservice } from './service/microservice.js';
export { findPostgres, unprivilegedUser } from './databases/postgres-cluster.js';
export { startProcessor, type StartProcessorOptions } from './service/processor.js';
export { quietLog, recordLog } from './quiet-log.js';
export { runService, type RunningService } from './service/service.js';
export { startServiceProcess } from './service/service-process.js';
export { startScript, type Script } from './service/script.js';
export type { SeenEvent } from './broker/stored-events.js';
