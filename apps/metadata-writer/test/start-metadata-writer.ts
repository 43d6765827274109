import { createService, readConfig } from '@cascade/service';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { MetadataWriterConfig } from '../src/metadata-writer-config.js';
import { MetadataWriterModule } from '../src/metadata-writer.module.js';

/**
 * Starts the service in this process, on a free port and with its transport. `env` contains the addresses of the broker and the
 * database.
 */
export async function startMetadataWriter(env: NodeJS.ProcessEnv): Promise<NestFastifyApplication> {
  const config = readConfig(MetadataWriterConfig, { LOG_LEVEL: 'fatal', ...env });
  const app = await createService(MetadataWriterModule.forRoot(config), config);
  await app.listen(0, '127.0.0.1');
  await app.startAllMicroservices();
  return app;
}

/** Requests the metadata of a user from the service. */
export async function getMetadata(app: NestFastifyApplication, userId: string): Promise<Response> {
  return fetch(`${await app.getUrl()}/users/${userId}/metadata`);
}
