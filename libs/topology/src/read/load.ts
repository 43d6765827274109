/** The place of a system's code, and a function that loads its modules. */
export interface Code {
  /** Absolute path of the checkout. */
  root: string;
  /**
   * Imports a module by the path of its source, relative to the root and with forward slashes: `apps/signup/src/signup.module.ts`.
   * The module and this library must import the same copy of `@cascade/jetstream`, since classes are compared by identity.
   */
  load: (source: string) => Promise<object>;
}
