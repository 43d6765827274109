import { Module, type Abstract, type DynamicModule } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { Readiness, type Part } from './readiness.js';

/** Classes of the parts, by the names of the parts in the response. Global modules must provide the classes. */
export type Parts = Record<string, Abstract<Part>>;

export interface HealthOptions {
  /** Parts that must be up for the service to be ready. */
  checks: Parts;
  /**
   * Parts that the service can do without for a while. The state of these parts is reported, but does not affect readiness. By
   * default, no part is optional.
   */
  optional?: Parts;
}

/** Serves `GET /health/live` and `GET /health/ready`. */
@Module({ controllers: [HealthController] })
export class HealthModule {
  static forRoot({ checks, optional = {} }: HealthOptions): DynamicModule {
    const all = { ...checks, ...optional };
    const names = Object.keys(all);
    return {
      module: HealthModule,
      providers: [
        {
          provide: Readiness,
          inject: Object.values(all),
          useFactory: (...parts: Part[]) =>
            new Readiness(new Map(parts.map((part, index) => [names[index]!, part])), Object.keys(checks)),
        },
      ],
    };
  }
}
