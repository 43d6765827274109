import { channelOf, failureChannelOf } from '@cascade/jetstream';
import { pascalCase } from '../names.js';
import { renderTemplate } from '../render/templates.js';
import { answerOf, type Answer } from './answer.js';
import type { AppPart, EventPart, Parts } from './parts.js';

/** Data of the templates. A template accesses the data as `it`. */
export interface Blueprint extends Parts {
  /** Class of the processor: `WelcomeCouponProcessor`. */
  readonly class: string;
  /** Path of the handler's file, as the app's module imports it. */
  readonly file: string;
  /** App of the processor. The names of its module and configuration classes begin with the value of `class`. */
  readonly app: AppPart & { readonly class: string };
  readonly channel: string;
  readonly payload: { readonly name: 'event' | 'failure'; readonly class: string; readonly used: boolean };
  readonly publishes?: (EventPart & Answer) | undefined;
  /** Classes that the processor imports from libs/contracts. */
  readonly contracts: readonly string[];
  /** Names that the processor imports from the transport. */
  readonly transport: readonly string[];
  /** Texts of the app's entries in shared files. */
  readonly entries: { readonly nestCli: string; readonly compose: string };
  /** Content of package.json in the processor's own app. */
  readonly packageJson: string;
}

export async function blueprintOf(root: string, parts: Parts): Promise<Blueprint> {
  const { name, app, consumes, failuresOf } = parts;
  const publishes = parts.publishes && { ...parts.publishes, ...answerOf(parts, parts.publishes) };
  const blueprint = {
    ...parts,
    class: `${pascalCase(name)}Processor`,
    // All handlers follow this rule, including hand-written handlers: `<folder>/<folder>.processor.ts` holds `<Folder>Processor`.
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
