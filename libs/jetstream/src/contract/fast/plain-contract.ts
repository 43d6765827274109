import type { MetadataStorage } from 'class-transformer/types/MetadataStorage.js';
import { createRequire } from 'node:module';
import type { EventClass } from '../event-class.js';

/** Metadata of class-transformer's decorators. class-transformer exports this object without types. */
const { defaultMetadataStorage: transformations } = createRequire(import.meta.url)(
  'class-transformer/cjs/storage.js',
) as { defaultMetadataStorage: MetadataStorage };

/**
 * Returns true if class-transformer would only copy fields, because the class has no accessor, `@Type`, `@Transform`, `@Expose`
 * or `@Exclude`.
 */
export function needsNoTransform(type: EventClass, names: ReadonlySet<string>): boolean {
  const TO_CLASS = 0;
  return (
    transformations.getStrategy(type) === 'none' &&
    transformations.getExposedMetadatas(type).length === 0 &&
    transformations.getExcludedMetadatas(type).length === 0 &&
    !hasSetter(type.prototype as object) &&
    [...names].every(
      (name) =>
        !(name in type.prototype) &&
        !transformations.findTypeMetadata(type, name) &&
        transformations.findTransformMetadatas(type, name, TO_CLASS).length === 0,
    )
  );
}

/**
 * Returns true if the class has a setter. class-transformer calls a setter for a field of the same name, even if the field has no
 * rule.
 */
function hasSetter(prototype: object): boolean {
  if (prototype === Object.prototype) return false;
  const properties = Object.values(Object.getOwnPropertyDescriptors(prototype));
  return (
    properties.some((property) => property.set !== undefined) ||
    hasSetter(Object.getPrototypeOf(prototype) as object)
  );
}
