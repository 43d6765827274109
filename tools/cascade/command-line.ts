import type { Command } from 'commander';
import type { Host } from './host.js';
import { Output } from './output.js';

/** One call of a command. */
export interface Invocation<Options extends object = object> {
  readonly host: Host;
  readonly output: Output;
  /** Its positional arguments, in their order, those of a list one by one; one that may be left out is undefined then. */
  readonly args: readonly (string | undefined)[];
  readonly options: Options;
}

/** What a command's module exports; it resolves to the exit code. */
export interface CommandModule<Options extends object> {
  run(this: void, invocation: Invocation<Options>): Promise<number>;
}

/** Adds a command, with its subcommands, to the program. Its module is loaded when it is called, so that `--help` is quick. */
export type Definition = (parent: Command, line: CommandLine) => void;

/** What the definitions of all commands share: the options that each has, and how their modules are run. */
export class CommandLine {
  /** Of the command that was run. */
  exitCode = 0;

  constructor(private readonly host: Host) {}

  /** A command with `--json` and examples; the caller adds the rest. */
  add(
    parent: Command,
    name: string,
    { summary, description = summary, examples, isDefault = false }: Texts,
  ): Command {
    return parent
      .command(name, { isDefault })
      .summary(summary)
      .description(`${description}`)
      .option('--json', 'print JSON')
      .addHelpText(
        'after',
        `\nExamples:\n${examples.map((example) => `  node cascade ${example}`).join('\n')}`,
      );
  }

  /** The action of a command. */
  run<Options extends object>(load: () => Promise<CommandModule<Options>>) {
    return async (...received: unknown[]): Promise<void> => {
      const command = received.at(-1) as Command;
      const options = command.opts<Options & { json?: boolean }>();
      const { run } = await load();
      this.exitCode = await run({
        host: this.host,
        output: new Output(this.host, options.json === true),
        args: command.processedArgs.flat() as (string | undefined)[],
        options,
      });
    };
  }
}

interface Texts {
  /** One line, for the list of commands. */
  summary: string;
  /** For the command's own help. Default the summary. */
  description?: string;
  /** Without `node cascade`. */
  examples: readonly string[];
  /** Of its parent's commands, the one that is run where none is named. */
  isDefault?: boolean;
}
