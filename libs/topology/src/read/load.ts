/** Where the code of a system lies, and how its modules are loaded. */
export interface Code {
  /** Absolute path of the checkout. */
  root: string;
  /**
   * Imports a module of the checkout, by the path of its source relative to the root, with forward slashes:
   * `apps/signup/src/signup.module.ts`. It must come from the same tree, compiled or not, as this library: a class is known by
   * its identity.
   */
  load: (source: string) => Promise<object>;
}
