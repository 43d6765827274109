import type { INestApplicationContext, Type } from '@nestjs/common';

/** Returns the provider of a class from any module; undefined if no module has such a provider. */
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
