import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CheckoutCopy } from '../../checkout-copy.js';
import { compileCheckout } from '../../system.js';
import type { Trial } from '../trial.js';

/** Files and folders that the services need. */
const COPIED = ['apps', 'libs', 'package.json', 'package-lock.json', 'tsconfig.json', '.swcrc'];

const CONTRACT = 'libs/contracts/src/user-signed-up.ts';
const CONTRACT_V1 = 'libs/contracts/src/user-signed-up.v1.ts';
const SIGNUPS = 'apps/signup/src/signups/signups.ts';
const NOTIFIER = 'apps/notifier/src/welcome/welcome.processor.ts';

/**
 * Compiles the next version of the code. In this version, `user.signed-up` has a version 2, as docs/versions.md describes, and
 * the notifier declares another `ackWait`.
 *
 * @returns the path of the compiled copy
 */
export async function nextVersion(trial: Trial): Promise<string> {
  const copy = await CheckoutCopy.create(COPIED);
  trial.defer(() => copy.remove());
  const contract = await readFile(join(copy.path, CONTRACT), 'utf8');
  await copy.write(CONTRACT_V1, contract.replaceAll(/\bUserSignedUp\b/g, 'UserSignedUpV1'));
  await copy.edit(CONTRACT, contractV2);
  await copy.edit(SIGNUPS, (code) =>
    replaced(
      code,
      'const event = new UserSignedUp({ userId, ...request, ',
      `const { name: displayName, ...others } = request;
    const event = new UserSignedUp({ userId, ...others, displayName, `,
    ),
  );
  await copy.edit(NOTIFIER, (code) =>
    replaced(
      replaced(
        code,
        '{ phone, email, name }: UserSignedUp',
        '{ phone, email, displayName: name }: UserSignedUp',
      ),
      "processor: 'notifier',",
      "processor: 'notifier',\n    ackWait: 20_000,",
    ),
  );
  await compileCheckout(copy.path);
  return copy.path;
}

function contractV2(code: string): string {
  const event = `{ name: 'user.signed-up', version: 2, replaces: UserSignedUpV1 };

  static upcast({ name, ...others }: UserSignedUpV1): UserSignedUp {
    return new UserSignedUp({ ...others, displayName: name });
  }`;
  const named = replaced(code, "{ name: 'user.signed-up', version: 1 };", event);
  return `import { UserSignedUpV1 } from './user-signed-up.v1.js';
${replaced(named, 'readonly name!: string;', 'readonly displayName!: string;')}`;
}

/**
 * Replaces a string in the code.
 *
 * @throws Error if the code no longer contains the string
 */
function replaced(code: string, text: string, by: string): string {
  if (!code.includes(text))
    throw new Error(`The next version cannot be made: there is no ${text} in\n${code}`);
  return code.replace(text, by);
}
