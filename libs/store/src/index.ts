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
export { findMigrations } from './migrations.js';
export { openStore, type StoreOptions } from './open-store.js';
export { pgliteClusterOf } from './pglite-folder.js';
export { copyPgliteTemplate, pgliteTemplate } from './pglite-template.js';
export { prepared } from './prepared.js';
export { Store } from './store.js';
export { StoreModule } from './store.module.js';
