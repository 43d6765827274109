import { isEmail } from 'class-validator';
import addressparser from 'nodemailer/lib/addressparser';

/** One e-mail address and who it belongs to. The name may be empty. */
export interface Mailbox {
  name: string;
  address: string;
}

/** Reads `Name <address>` or a bare address; undefined where the text is not exactly one of these. */
export function parseMailbox(text: string): Mailbox | undefined {
  const [mailbox, ...others] = addressparser(text);
  if (!mailbox || others.length > 0 || !isEmail(mailbox.address)) return undefined;
  return { name: mailbox.name, address: mailbox.address! };
}

export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}
