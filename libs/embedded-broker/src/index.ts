export { checkBroker, UnusableBrokerError } from './check-broker.js';
export {
  findLocalNatsServer,
  findNatsServer,
  NatsServerNotFoundError,
  type FindOptions,
  type LocalServer,
} from './find/find-nats-server.js';
export type { Container, NatsServer } from './find/nats-server.js';
export { StepFailedError } from './find/step.js';
export { spawnBoundToParent, type BoundProcess, type BindOptions } from './start/bind-to-parent.js';
export type { BrokerExit } from './start/launch.js';
export type { ServerSettings } from './start/server-settings.js';
export { BrokerStartError, startBroker, type Broker, type StartBrokerOptions } from './start/start-broker.js';
export { StoreInUseError } from './start/store-lock.js';
export { MINIMUM_VERSION } from './version.js';
