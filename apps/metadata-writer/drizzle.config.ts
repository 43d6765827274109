import { defineConfig } from 'drizzle-kit';

/**
 * Configures drizzle-kit. After changing a schema, run `npx drizzle-kit generate --config apps/metadata-writer/drizzle.config.ts`
 * and commit the new files.
 */
export default defineConfig({
  dialect: 'postgresql',
  schema: ['apps/metadata-writer/src/user-metadata/schema.ts', 'libs/outbox/src/inbox/inbox-table.ts'],
  out: 'apps/metadata-writer/migrations',
});
