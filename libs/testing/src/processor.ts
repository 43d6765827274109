import { JetStreamModule } from '@app/jetstream';
import { createService, readConfig, ServiceConfig } from '@app/service';
import type { ModuleMetadata, Type } from '@nestjs/common';

/** A processor that runs. */
export interface RunningProcessor {
  /** Lets what is in hand be settled, and ends it. */
  stop(): Promise<void>;
}

export interface StartProcessorOptions extends Pick<ModuleMetadata, 'imports' | 'providers'> {
  natsUrl: string;
}

/**
 * Runs the processors of a controller as a service would, alone: with the streams provisioned, consuming when this resolves.
 * What the controller needs injected is given as `providers` and `imports`.
 */
export async function startProcessor(
  controller: Type,
  { natsUrl, imports = [], providers = [] }: StartProcessorOptions,
): Promise<RunningProcessor> {
  const config = readConfig(ServiceConfig, { NATS_URL: natsUrl, PORT: '0', LOG_LEVEL: 'fatal' });
  const module = {
    module: class ProcessorUnderTest {},
    imports: [JetStreamModule.forRoot({ source: 'processor-under-test', servers: natsUrl }), ...imports],
    controllers: [controller],
    providers,
  };
  const app = await createService(module, config);
  await app.startAllMicroservices();
  return { stop: () => app.close() };
}
