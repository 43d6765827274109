import type { INestApplicationContext, Type } from '@nestjs/common';

/** The provider of a class, in whichever module; undefined where there is none. */
export function findProvider<Provider>(
  app: INestApplicationContext,
  type: Type<Provider> | (abstract new (...args: never[]) => Provider),
): Provider | undefined {
  try {
    return app.get<Provider>(type, { strict: false });
  } catch {
    return undefined;
  }
}
