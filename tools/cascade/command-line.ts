import type { Command } from 'commander';
import type { Host } from './host.js';
import { Output } from './output.js';

export interface Invocation<Options extends object = object> {
  readonly host: Host;
  readonly output: Output;
  /** Positional arguments in order, with lists flattened. A missing optional argument is undefined. */
  readonly args: readonly (string | undefined)[];
  readonly options: Options;
}

export interface CommandModule<Options extends object> {
  /** Runs the command. Resolves to the exit code. */
  run(this: void, invocation: Invocation<Options>): Promise<number>;
}

/**
 * Adds a command with its subcommands to the program. A command's module is loaded only when the command is called, so that
 * `--help` is fast.
 */
export type Definition = (parent: Command, line: CommandLine) => void;

/** Adds the options that all commands share, and runs the modules of the commands. */
export class CommandLine {
  exitCode = 0;

  constructor(private readonly host: Host) {}

  /** Adds a command with `--json` and examples. The caller adds all other options and arguments. */
  add(
    parent: Command,
    name: string,
    { summary, description = summary, examples, isDefault = false }: Texts,
  ): Command {
    return parent
      .command(name, { isDefault })
      .summary(summary)
      .description(description)
      .option('--json', 'print JSON')
      .addHelpText(
        'after',
        `\nExamples:\n${examples.map((example) => `  node cascade ${example}`).join('\n')}`,
      );
  }

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
  /** One-line summary for the list of commands. */
  summary: string;
  /** Description in the command's own help. Default: the summary. */
  description?: string;
  /** Example calls, without `node cascade`. */
  examples: readonly string[];
  /** True for the subcommand that runs if the parent is called without a subcommand. */
  isDefault?: boolean;
}
