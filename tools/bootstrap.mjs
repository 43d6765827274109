// Starts a command, even in a new clone: checks Node, installs dependencies, compiles, and runs the command. This file has old
// syntax and no static imports. Even an old Node must be able to parse this file, so that the user sees which versions are
// supported.

// Oldest supported releases of Node 20 and Node 22, as in package.json. Older releases cannot run Nest's command line (see
// docs/upstream.md).
var OLDEST = { 20: [19, 5], 22: [15, 0] };
var FIRST_WHOLE_LINE = 24;

/**
 * Runs one of the commands under `tools/`.
 *
 * @param {string} command Path of the command's compiled module, below `tools/`. The module exports
 *   `main(checkout: Checkout): Promise<number>`, which resolves to the exit code.
 */
export function run(command) {
  if (!isNewEnough(process.versions.node.split('.').map(Number))) {
    fail(
      'Cascade needs Node 20.19.5, 22.15, or 24 and newer; this is ' +
        process.versions.node +
        '.\nGet one from https://nodejs.org or with a version manager, then try again.',
    );
    return;
  }
  import('./launch.mjs')
    .then(function (module) {
      return module.launch(command, process.argv.slice(2));
    })
    .then(function (code) {
      process.exitCode = code;
    })
    .catch(function (error) {
      // The message of an operational error is enough. Any other error is a bug, and needs its stack.
      fail(error && error.operational ? error.message : (error && error.stack) || error);
    });
}

function isNewEnough(version) {
  var oldest = OLDEST[version[0]];
  if (!oldest) return version[0] >= FIRST_WHOLE_LINE;
  return version[1] > oldest[0] || (version[1] === oldest[0] && version[2] >= oldest[1]);
}

function fail(message) {
  process.stderr.write('\n' + message + '\n');
  process.exitCode = 1;
}
