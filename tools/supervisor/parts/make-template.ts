import { pgliteTemplate } from '@cascade/store';

/** Makes the template of the embedded databases where it is missing, and prints its folder. */
process.stdout.write(await pgliteTemplate(process.argv[2]!));
