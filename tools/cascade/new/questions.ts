import { isCancel, select, text, type SelectOptions } from '@clack/prompts';
import type { Topology } from '@cascade/topology';
import { isEventName } from '@cascade/jetstream';
import { eventNames, failingProcessors } from '../../generator/choice/catalogue.js';
import type { ConsumedChoice, ProcessorChoice } from '../../generator/choice/choice.js';
import { refuseProcessorName } from '../../generator/choice/processor-name.js';
import type { Host } from '../host.js';

export type Given = Partial<ProcessorChoice>;

class Cancelled extends Error {}

/**
 * Asks for missing options.
 *
 * @returns undefined if the user cancels
 */
export async function askFor(
  given: Given,
  topology: Topology,
  host: Host,
): Promise<ProcessorChoice | undefined> {
  const questions = new Questions(topology, host);
  try {
    const name = given.name ?? (await questions.name());
    const consumes = given.consumes ?? (await questions.consumes());
    const publishes = given.publishes ?? (await questions.publishes());
    const app = given.app ?? (await questions.app(name));
    const newEvent = given.newEvent ?? questions.namedNewEvent;
    return { name, consumes, publishes, app, newEvent };
  } catch (error) {
    if (error instanceof Cancelled) return undefined;
    throw error;
  }
}

class Questions {
  /** True if the user chose to create an event. A new name that resembles a known name is then not treated as a typing error. */
  namedNewEvent = false;
  /** Streams of the questions. The output goes to stderr, because questions are not part of the result. */
  private readonly streams;

  constructor(
    private readonly topology: Topology,
    { stdin, stderr }: Host,
  ) {
    this.streams = { input: stdin, output: stderr };
  }

  name(): Promise<string> {
    return this.text('What is the processor called?', 'welcome-coupon', (name) =>
      messageOf(() => refuseProcessorName(name, this.topology, false)),
    );
  }

  async consumes(): Promise<ConsumedChoice> {
    const failures = failingProcessors(this.topology).map(({ name, consumes }) => ({
      value: `failures ${name}`,
      label: `failures of ${name}`,
      hint: `on ${consumes.event}`,
    }));
    const options = [...this.events(), ...failures, { value: 'new', label: 'a new event' }];
    const [kind, name] = (await this.select('What does it consume?', options)).split(' ');
    if (kind === 'failures') return { failuresOf: name! };
    return { event: kind === 'new' ? await this.newEvent() : name! };
  }

  /** Resolves to the published event; undefined if the processor publishes nothing. */
  async publishes(): Promise<string | undefined> {
    const options = [
      { value: 'none', label: 'nothing' },
      { value: 'new', label: 'a new event' },
      ...this.events(),
    ];
    const [kind, event] = (await this.select('What does it publish?', options)).split(' ');
    if (kind === 'none') return undefined;
    return kind === 'new' ? this.newEvent() : event;
  }

  /** Resolves to the chosen app; undefined for a new app. */
  async app(name: string): Promise<string | undefined> {
    const { apps } = this.topology;
    const own = { value: '', label: `a new app: apps/${name}` };
    const options = [own, ...apps.map((app) => ({ value: app.name, label: app.name }))];
    return (await this.select('Which app does it run in?', options)) || undefined;
  }

  private newEvent(): Promise<string> {
    this.namedNewEvent = true;
    return this.text('What is the event called?', 'coupon.issued', (event) =>
      isEventName(event) ? undefined : 'Use <entity>.<past-tense verb> in kebab-case, such as coupon.issued.',
    );
  }

  private events() {
    return eventNames(this.topology).map((event) => ({ value: `event ${event}`, label: event }));
  }

  private async text(
    message: string,
    placeholder: string,
    judge: (value: string) => string | undefined,
  ): Promise<string> {
    const validate = (value: string | undefined) => judge(value ?? '');
    return answer<string>(await text({ message, placeholder, validate, ...this.streams }));
  }

  private async select(message: string, options: SelectOptions<string>['options']): Promise<string> {
    return answer<string>(await select({ message, options, ...this.streams }));
  }
}

function answer<Value>(given: Value | symbol): Value {
  if (isCancel(given)) throw new Cancelled();
  return given as Value;
}

function messageOf(judge: () => void): string | undefined {
  try {
    judge();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}
