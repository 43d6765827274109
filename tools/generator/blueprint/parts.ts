import type { JsonSchema } from '@cascade/topology';
import type { RenderedFile } from '../render/templates.js';
import type { Dependencies } from './dependencies.js';

/** An event, as the code and the tests of a processor use it. */
export interface EventPart {
  readonly event: string;
  readonly class: string;
  readonly schema: JsonSchema;
  readonly sample: Readonly<Record<string, unknown>>;
}

/** An event whose contract is created and removed together with the processor. */
export interface NewEvent extends EventPart {
  /** Name of the contract's file in libs/contracts/src, without extension. */
  readonly file: string;
  readonly files: readonly RenderedFile[];
  /** Name of the field with the id of the entity that the event is about, such as `couponId`. */
  readonly idField: string;
}

export interface AppPart {
  readonly name: string;
  /** Folder of the app, relative to the checkout: `apps/notifier`. */
  readonly folder: string;
  /** Folder of the app's sources, relative to the checkout: `apps/notifier/src`. */
  readonly sources: string;
  /** True if the app is created and removed together with the processor. */
  readonly isOwn: boolean;
  readonly port: number;
  /** Packages that are added to the app's package.json and removed together with the processor. */
  readonly dependencies: Dependencies;
}

/** All decisions about a processor that the templates need. */
export interface Parts {
  readonly name: string;
  readonly app: AppPart;
  /** The consumed event, or the event on which the processor `failuresOf` gave up. */
  readonly consumes: EventPart;
  readonly failuresOf?: string | undefined;
  readonly publishes?: EventPart | undefined;
  /** Events among `consumes` and `publishes` that are created and removed together with the processor. */
  readonly newEvents: readonly NewEvent[];
}
