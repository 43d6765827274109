import { Module, type Abstract, type DynamicModule } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { Readiness, type Part } from './readiness.js';

/** Provider classes of global modules, by their name in the answer. */
export type Parts = Record<string, Abstract<Part>>;

export interface HealthOptions {
  /** Parts that the service needs to be ready. */
  checks: Parts;
  /** Parts that the service can miss for a while. Their state is only shown. Default none. */
  optional?: Parts;
}

/** Serves `GET /health/live` and `GET /health/ready`. */
@Module({ controllers: [HealthController] })
export class HealthModule {
  static forRoot({ checks, optional = {} }: HealthOptions): DynamicModule {
    const required = Object.entries(checks);
    const all = [...required, ...Object.entries(optional)];
    return {
      module: HealthModule,
      providers: [
        {
          provide: Readiness,
          inject: all.map(([, part]) => part),
          useFactory: (...parts: Part[]) => {
            const named = parts.map((part, index) => [all[index]![0], part] as const);
            return new Readiness(
              Object.fromEntries(named.slice(0, required.length)),
              Object.fromEntries(named.slice(required.length)),
            );
          },
        },
      ],
    };
  }
}
