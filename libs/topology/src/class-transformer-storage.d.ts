/** Not exported by the package's root, and the only place that knows the class of a nested field. */
declare module 'class-transformer/cjs/storage.js' {
  export { defaultMetadataStorage } from 'class-transformer/types/storage.js';
}
