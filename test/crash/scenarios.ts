import type { Scenario } from './scenario.js';
import { backlog } from './scenarios/backlog.js';
import { crashLoop } from './scenarios/crash-loop.js';
import { fullStream, fullStreamLong } from './scenarios/full-stream.js';
import { heldConnections } from './scenarios/held-connections.js';
import { killBroker } from './scenarios/kill-broker.js';
import { killServices, killServicesEmbedded } from './scenarios/kill-services.js';
import { mailOutage } from './scenarios/mail-outage.js';
import { poisonBurst } from './scenarios/poison-burst.js';
import { poisonContract } from './scenarios/poison-contract.js';
import { poisonThrows } from './scenarios/poison-throws.js';
import { replay } from './scenarios/replay.js';
import { rollingDeploy } from './scenarios/rolling-deploy.js';
import { sameEvent } from './scenarios/same-event.js';
import { slowHandler } from './scenarios/slow-handler.js';
import { smtpTrouble } from './scenarios/smtp-trouble.js';
import { startMeetsBrokerKill } from './scenarios/start-meets-broker-kill.js';
import { stopPostgres } from './scenarios/stop-postgres.js';
import { terminateServices } from './scenarios/terminate-services.js';
import { waitingPoison } from './scenarios/waiting-poison.js';

/** All scenarios, in the order of the result table. */
export const SCENARIOS: readonly Scenario[] = [
  killServices,
  killServicesEmbedded,
  killBroker,
  startMeetsBrokerKill,
  stopPostgres,
  smtpTrouble,
  mailOutage,
  poisonContract,
  poisonThrows,
  poisonBurst,
  waitingPoison,
  sameEvent,
  slowHandler,
  terminateServices,
  heldConnections,
  rollingDeploy,
  backlog,
  crashLoop,
  replay,
  fullStream,
  fullStreamLong,
];
