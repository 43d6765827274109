export { CloudEventHeader } from './cloud-events.js';
export { JetStreamConnection, type JetStreamConnectionOptions } from './connection.js';
export { Consumes, ConsumesFailure, JETSTREAM_TRANSPORT, processorsOf, type Returned } from './consumes.js';
export {
  AttemptsExhaustedError,
  BrokerUnreachableError,
  InvalidDeclarationError,
  InvalidEventError,
  NoAnswerError,
  ProvisionError,
  PublishDeniedError,
  PublishRefusedError,
  PublishTimeoutError,
  UndeclaredEventError,
  UnrecoverableError,
  type Violation,
} from './errors.js';
export { assertContract, readEvent } from './contract.js';
export { assertEventClass, classOf, type EventClass, type EventDeclaration } from './event-class.js';
export { EventContext, type EventMetadata } from './event-context.js';
export { upcast, versionsOf } from './event-versions.js';
export { derivedEventId, newEventId } from './event-ids.js';
export {
  EventPublisher,
  type PublishedEvent,
  type PublishOptions,
  type ServiceDeclaration,
  type StoredEvent,
} from './event-publisher.js';
export { EventFailed, type EncodedBody, type OriginalEvent } from './event-failed.js';
export { describeError, nameError, type FailureError } from './failure-error.js';
export { JetStreamModule, serviceOf, type JetStreamOptions } from './jetstream.module.js';
export { errorReport, linesOf } from './log-text.js';
export { maskEmail, maskPhone } from './mask.js';
export { assertPublishable } from './next-events.js';
export {
  channelOf,
  EVENTS_STREAM,
  failureChannelOf,
  FAILURES_STREAM,
  isEventName,
  isProcessorName,
  outboxAnswersOf,
  outboxRequestsOf,
  RETRIES_STREAM,
  suspectsDurableOf,
  TransportHeader,
  typeOf,
} from './names.js';
export type { FailureReason } from './outcomes.js';
export type { Backoff, ExponentialBackoff } from './backoff.js';
export { permissionsOf, type Permissions } from './permissions.js';
export type { ErrorClass, ProcessorDeclaration, ProcessorOptions } from './processor-options.js';
export { Pauses } from './pauses.js';
export { redact } from './redact.js';
export { Publishes } from './publishes.js';
export type { PausePolicy } from './processor-pause.js';
export { ProcessorPaused, ProcessorResumed } from './processor-state-events.js';
export { JetStreamStrategy } from './strategy.js';
export { isExpiringSoon, UnreadEvents } from './unread-events.js';
export { shownSetting, type Effect, type SettingDifference } from './provision-differences.js';
export type { ProvisionDifference } from './provision-targets.js';
export type { Provisioned, ProvisionOptions } from './provision.js';
export { Provisioning } from './provisioning.js';
export type { ConsumerPlace, RetiredProcessor } from './retired-processors.js';
export { envelopeOf, type StoredEnvelope } from './stored-envelope.js';
export { readStream, type StreamSelection } from './stream-reader.js';
export {
  consumerConfigs,
  streamConfigs,
  type DurableConfig,
  type JetStreamSettings,
  type StreamSettings,
} from './stream-settings.js';
export { archivedFailure, readArchivedFailure, type ArchivedFailure } from './archived-failure.js';
export {
  FailureRestore,
  type RestoreOptions,
  type RestoreProgress,
  type RestoreResult,
} from './failure-restore.js';
export { FailuresRemoved } from './failures-removed.js';
export { FailureRemoval, removedFailureOf, type RemovedFailure } from './failure-removal.js';
export type {
  RemovalOptions,
  RemovalPlan,
  RemovalProgress,
  RemovalResult,
  RemovalSelection,
  ShownState,
} from './removal-options.js';
export { FailureArchive, OriginalGoneError, type WholeEvent } from './failure-archive.js';
export type { FailureState, FailureStateName, StoredFailureState } from './failure-state.js';
export { StreamReadError } from './patient-read.js';
export {
  InvalidReplayError,
  type ChannelReplayOptions,
  type ChannelSelection,
  type ReplayOptions,
  type ReplayPlan,
  type ReplayProgress,
  type ReplayResult,
} from './replay-options.js';
export { ReplayRequested, type ReplaySelection } from './replay-requested.js';
export { Replays } from './replays.js';
export type { StoredFailure } from './stored-failure.js';
