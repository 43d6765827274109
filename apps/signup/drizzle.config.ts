import { defineConfig } from 'drizzle-kit';

/**
 * Configures drizzle-kit. After changing a schema, run `npx drizzle-kit generate --config apps/signup/drizzle.config.ts` and
 * commit the new files.
 */
export default defineConfig({
  dialect: 'postgresql',
  schema: ['apps/signup/src/signups/schema.ts', 'libs/outbox/src/outbox/outbox-table.ts'],
  out: 'apps/signup/migrations',
});
