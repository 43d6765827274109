export { OutboxModule } from './outbox.module.js';
export { OutboxRelay, type OutboxOptions } from './outbox-relay.js';
export { outbox, type OutboxRow } from './outbox-table.js';
export { Outbox, type AddOptions } from './outbox.js';
