import { Module, type Abstract, type DynamicModule } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { Readiness, type Part } from './readiness.js';

/** Provider classes of global modules, by the name that their state has in the answer. */
export type Parts = Record<string, Abstract<Part>>;

export interface HealthOptions {
  /** What the service is not ready without. */
  checks: Parts;
  /** What the service can do without for a while: its state is told and changes nothing. Default none. */
  optional?: Parts;
}

/** `GET /health/live` and `GET /health/ready`. */
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
