export { CloudEventHeader } from './wire/cloud-events.js';
export { JetStreamConnection, type JetStreamConnectionOptions } from './client/connection.js';
export {
  Consumes,
  ConsumesFailure,
  JETSTREAM_TRANSPORT,
  processorsOf,
  type Returned,
} from './declare/consumes.js';
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
  RemovalNotRecordedError,
  UndeclaredEventError,
  UnrecoverableError,
  type Violation,
} from './errors.js';
export { assertContract, readEvent } from './contract/contract.js';
export { assertEventClass, classOf, type EventClass, type EventDeclaration } from './contract/event-class.js';
export { EventContext, type EventMetadata } from './declare/event-context.js';
export { upcast, versionsOf } from './contract/event-versions.js';
export { derivedEventId, newEventId, plainIdOf } from './wire/event-ids.js';
export { EventPublisher, type PublishedEvent, type PublishOptions } from './publish/event-publisher.js';
export type { StoredEvent } from './publish/outgoing-event.js';
export {
  EventFailed,
  type EncodedBody,
  type FailureReason,
  type OriginalEvent,
} from './events/event-failed.js';
export { describeError, nameError, type FailureError } from './logging/failure-error.js';
export { JetStreamModule, serviceOf, type JetStreamOptions } from './jetstream.module.js';
export { errorReport, linesOf } from './logging/log-text.js';
export { maskEmail, maskPhone } from './logging/mask.js';
export { assertPublishable } from './publish/next-events.js';
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
  quarantineDurableOf,
  TransportHeader,
  typeOf,
} from './wire/names.js';
export type { Backoff, ExponentialBackoff } from './declare/backoff.js';
export { permissionsOf, type Permissions } from './provision/permissions.js';
export type { ServiceDeclaration } from './provision/service-declaration.js';
export type { ErrorClass, ProcessorDeclaration, ProcessorOptions } from './declare/processor-options.js';
export { Pauses } from './health/pauses.js';
export { isCredential, redact } from './logging/redact.js';
export { Publishes } from './health/publishes.js';
export type { PausePolicy } from './circuit-breaker/circuit-breaker.js';
export { openPauses } from './events/open-pauses.js';
export { ProcessorPaused, ProcessorResumed } from './events/processor-state-events.js';
export { JetStreamStrategy } from './consume/strategy.js';
export { isExpiringSoon, UnreadEvents } from './health/unread-events.js';
export { shownSetting, type Effect, type SettingDifference } from './provision/provision-differences.js';
export type { ProvisionDifference } from './provision/provision-targets.js';
export type { Provisioned, ProvisionOptions } from './provision/provision.js';
export { Provisioning } from './provision/provisioning.js';
export type { ConsumerPlace, RetiredProcessor } from './provision/retired-processors.js';
export { envelopeOf, type StoredEnvelope } from './wire/stored-envelope.js';
export { readStream, type StreamSelection } from './client/stream-reader.js';
export {
  consumerConfigs,
  DUPLICATE_WINDOW,
  keptFor,
  streamConfigs,
  type DurableConfig,
  type JetStreamSettings,
  type StreamSettings,
} from './provision/stream-settings.js';
export { archivedFailure, readArchivedFailure, type ArchivedFailure } from './removal/archived-failure.js';
export {
  FailureRestore,
  type RestoreOptions,
  type RestoreProgress,
  type RestoreResult,
} from './removal/failure-restore.js';
export { FailuresRemoved } from './events/failures-removed.js';
export { FailureRemoval, removedFailureOf, type RemovedFailure } from './removal/failure-removal.js';
export type {
  RemovalOptions,
  RemovalPlan,
  RemovalProgress,
  RemovalResult,
  RemovalSelection,
  ShownState,
} from './removal/removal-options.js';
export { FailureReader, OriginalGoneError, type WholeEvent } from './failures/failure-reader.js';
export type { FailureState, FailureStateName, StoredFailureState } from './failures/failure-state.js';
export { StreamReadError } from './client/read-with-retry.js';
export {
  InvalidReplayError,
  type ChannelReplayOptions,
  type ChannelSelection,
  type ReplayOptions,
  type ReplayPlan,
  type ReplayProgress,
  type ReplayResult,
} from './replay/replay-options.js';
export { ReplayRequested, type ReplaySelection } from './events/replay-requested.js';
export { Replays } from './replay/replays.js';
export type { StoredFailure } from './failures/stored-failure.js';
