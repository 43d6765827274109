import { defineConfig } from 'drizzle-kit';

/**
 * Configures drizzle-kit. After changing the schema, run `npx drizzle-kit generate --config apps/notifier/drizzle.config.ts` and
 * commit the new files.
 */
export default defineConfig({
  dialect: 'postgresql',
  schema: 'apps/notifier/src/delivery-log/schema.ts',
  out: 'apps/notifier/migrations',
});
