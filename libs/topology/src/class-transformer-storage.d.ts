/** Storage that is not exported by the package's root. Only this storage knows the class of a nested field. */
declare module 'class-transformer/cjs/storage.js' {
  export { defaultMetadataStorage } from 'class-transformer/types/storage.js';
}
