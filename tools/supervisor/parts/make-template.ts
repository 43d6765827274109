import { pgliteTemplate } from '@cascade/store';

/** Creates the template of the embedded databases if it is missing, and prints the path of the template's folder. */
process.stdout.write(await pgliteTemplate(process.argv[2]!));
