import { Module, type Abstract, type DynamicModule } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { Readiness, type Part } from './readiness.js';

/** Provider classes of global modules, by the names of their parts in the answer. */
export type Parts = Record<string, Abstract<Part>>;

export interface HealthOptions {
  /** Parts that must be up for the service to be ready. */
  checks: Parts;
  /** Parts that the service can do without for a while. Their state is only shown. By default, no part is optional. */
  optional?: Parts;
}

/** Serves `GET /health/live` and `GET /health/ready`. */
@Module({ controllers: [HealthController] })
export class HealthModule {
  static forRoot({ checks, optional = {} }: HealthOptions): DynamicModule {
    const names = Object.keys({ ...checks, ...optional });
    return {
      module: HealthModule,
      providers: [
        {
          provide: Readiness,
          inject: Object.values({ ...checks, ...optional }),
          useFactory: (...parts: Part[]) =>
            new Readiness(new Map(parts.map((part, index) => [names[index]!, part])), Object.keys(checks)),
        },
      ],
    };
  }
}
