import { channelOf, failureChannelOf } from '@cascade/jetstream';
import type { JsonSchema } from '@cascade/topology';
import { answerOf, type Answer } from './answer.js';
import type { Dependencies } from './dependencies.js';
import { pascalCase } from './names.js';
import type { NewEvent } from './new-event.js';
import { renderTemplate } from './templates.js';

/** An event, as code and tests of a processor use it. */
export interface EventPart {
  readonly event: string;
  readonly class: string;
  readonly schema: JsonSchema;
  /** A golden sample. */
  readonly sample: Readonly<Record<string, unknown>>;
}

export interface AppPart {
  readonly name: string;
  /** Relative to the checkout: `apps/notifier`. */
  readonly folder: string;
  /** Relative to the checkout: `apps/notifier/src`. */
  readonly sources: string;
  /** Whether it comes and goes with the processor. */
  readonly isOwn: boolean;
  /** Of HTTP. */
  readonly port: number;
  /** Those that its package.json declares, and that come and go with the processor. */
  readonly dependencies: Dependencies;
}

/** All that is decided before files are written, or recognized. */
export interface Parts {
  readonly name: string;
  readonly app: AppPart;
  /** The event, or the one that the other processor gave up on. */
  readonly consumes: EventPart;
  readonly failuresOf?: string | undefined;
  readonly publishes?: EventPart | undefined;
  /** Those of `consumes` and `publishes` that come and go with the processor. */
  readonly newEvents: readonly NewEvent[];
}

/** What the templates see, as `it`. */
export interface Blueprint extends Parts {
  /** Of the processor: `WelcomeCouponProcessor`. */
  readonly class: string;
  /** Its file, as the app's module imports it. */
  readonly file: string;
  /** `class` is the first part of those of its module and configuration. */
  readonly app: AppPart & { readonly class: string };
  /** Subject. */
  readonly channel: string;
  readonly payload: { readonly name: 'event' | 'failure'; readonly class: string; readonly used: boolean };
  readonly publishes?: (EventPart & Answer) | undefined;
  /** Classes that the processor takes from libs/contracts, and names that it takes from the transport. */
  readonly contracts: readonly string[];
  readonly transport: readonly string[];
  /** What the shared files get. */
  readonly entries: { readonly nestCli: string; readonly compose: string };
  /** Of an app of the processor's own. */
  readonly packageJson: string;
}

export async function blueprintOf(root: string, parts: Parts): Promise<Blueprint> {
  const { name, app, consumes, failuresOf } = parts;
  const publishes = parts.publishes && { ...parts.publishes, ...answerOf(parts, parts.publishes) };
  const blueprint = {
    ...parts,
    class: `${pascalCase(name)}Processor`,
    file: `./${name}/${name}.processor.js`,
    app: { ...app, class: pascalCase(app.name) },
    channel: failuresOf ? failureChannelOf(failuresOf, consumes.event) : channelOf(consumes.event),
    payload: {
      ...(failuresOf
        ? ({ name: 'failure', class: 'EventFailed' } as const)
        : ({ name: 'event', class: consumes.class } as const)),
      used: publishes?.usesPayload ?? true,
    },
    publishes,
    contracts: unique(consumes.class, publishes?.class),
    transport: unique(
      ...(failuresOf ? ['ConsumesFailure', 'EventFailed'] : ['Consumes']),
      'EventContext',
      publishes?.usesDerivedId ? 'derivedEventId' : undefined,
    ),
  };
  return {
    ...blueprint,
    entries: {
      nestCli: await renderTemplate(root, 'entries/nest-cli.json', blueprint),
      compose: await renderTemplate(root, 'entries/docker-compose.yml', blueprint),
    },
    packageJson: await renderTemplate(root, 'app/apps/__app__/package.json', blueprint),
  };
}

function unique(...names: (string | undefined)[]): string[] {
  const known = names.filter((name) => name !== undefined);
  return [...new Set(known)].sort((a, b) => (a.toLowerCase() < b.toLowerCase() ? -1 : 1));
}
