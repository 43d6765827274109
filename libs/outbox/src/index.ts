export { connectionsFor } from './inbox/connections-for.js';
export { Inbox } from './inbox/inbox.js';
export { InboxModule, type InboxOptions } from './inbox/inbox.module.js';
export { inbox } from './inbox/inbox-table.js';
export { ForgottenEventError } from './inbox/stored-result.js';
export type { Backlog } from './outbox/backlog.js';
export { OutboxModule } from './outbox/outbox.module.js';
export { OutboxRelay, type OutboxOptions } from './outbox/outbox-relay.js';
export { outbox, type OutboxRow } from './outbox/outbox-table.js';
export type { NewRow } from './outbox/insert-or-take-back.js';
export { Outbox, type AddOptions, type OutboxEntry } from './outbox/outbox.js';
export {
  type Asker,
  MOST_EVENTS,
  type OutboxContent,
  type UnpublishedEvent,
} from './requests/outbox-requests.js';
export {
  NoOutboxError,
  OutboxRefusedError,
  OutboxTimeoutError,
  RemoteOutbox,
} from './requests/remote-outbox.js';
