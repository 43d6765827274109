import { JetStreamModule } from '@cascade/jetstream';
import { readConfig, ServiceConfig } from '@cascade/service';
import type { ModuleMetadata, Type } from '@nestjs/common';
import { type RunningService, runService } from './service.js';

export interface StartProcessorOptions extends Pick<ModuleMetadata, 'imports' | 'providers'> {
  natsUrl: string;
}

/**
 * Runs the processors of a controller in a minimal service (see {@link runService}). `providers` and `imports` provide the
 * dependencies of the controller.
 */
export async function startProcessor(
  controller: Type,
  { natsUrl, imports = [], providers = [] }: StartProcessorOptions,
): Promise<RunningService> {
  const config = readConfig(ServiceConfig, { NATS_URL: natsUrl, PORT: '0', LOG_LEVEL: 'fatal' });
  const module = {
    module: class ProcessorUnderTest {},
    imports: [JetStreamModule.forRoot({ source: 'processor-under-test', servers: natsUrl }), ...imports],
    controllers: [controller],
    providers,
  };
  return runService(module, config);
}
