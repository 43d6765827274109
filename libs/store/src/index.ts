export type { Database, Schema, StatementResult } from './database.js';
export {
  isUniqueViolation,
  MigrationError,
  MigrationsNotFoundError,
  reasonOf,
  StoreDirectoryError,
  StoreLockedError,
  StoreUnavailableError,
  TransactionRolledBackError,
} from './errors.js';
export { fromNow } from './from-now.js';
export { InterruptibleTimer } from './background/interruptible-timer.js';
export { findMigrations } from './migrations/migrations.js';
export { moment } from './moment.js';
export { openStore, type StoreOptions } from './open-store.js';
export { OutageLog } from './background/outage-log.js';
export { pgliteClusterOf } from './pglite/pglite-folder.js';
export { copyPgliteTemplate, pgliteTemplate } from './pglite/pglite-template.js';
export { placeholdersOf, prepared, preparedInsert, type Row } from './prepared.js';
export { Store } from './store.js';
export { StoreModule } from './store.module.js';
export { TablePurge, type TablePurgeOptions } from './background/table-purge.js';
