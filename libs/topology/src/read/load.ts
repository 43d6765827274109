/** Location of a system's code, with a function that loads its modules. */
export interface Code {
  /** Absolute path of the checkout. */
  root: string;
  /**
   * Imports a module by the path of its source, such as `apps/signup/src/signup.module.ts`. The path is relative to the root,
   * with forward slashes. The module and this library must import the same copy of `@cascade/jetstream`, because classes are
   * compared by identity.
   */
  load: (source: string) => Promise<object>;
}
