import { defineConfig } from 'drizzle-kit';

/** After a change of the schema: `npx drizzle-kit generate --config apps/notifier/drizzle.config.ts`, and commit what it writes. */
export default defineConfig({
  dialect: 'postgresql',
  schema: 'apps/notifier/src/delivery-log/schema.ts',
  out: 'apps/notifier/migrations',
});
