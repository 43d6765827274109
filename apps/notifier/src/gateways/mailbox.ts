import { isEmail } from 'class-validator';
import addressparser from 'nodemailer/lib/addressparser';

/** E-mail address and the name of its owner. The name may be empty. */
export interface Mailbox {
  name: string;
  address: string;
}

/** Parses a string of the form `Name <address>`, or a bare address. Returns undefined if the string has another form. */
export function parseMailbox(text: string): Mailbox | undefined {
  const [mailbox, ...others] = addressparser(text);
  if (!mailbox || others.length > 0 || !isEmail(mailbox.address)) return undefined;
  return { name: mailbox.name, address: mailbox.address! };
}

export function domainOf(address: string): string {
  return address.slice(address.lastIndexOf('@') + 1);
}
