import { MailDev } from 'maildev';

/** Maximum number of stored messages. The oldest messages are deleted first. */
const KEPT_MAILS = 1_000;
const CLOSE_WITHIN_MS = 500;

const [smtpPort, webPort, folder] = process.argv.slice(2);
/**
 * Maximum size of a message, in bytes; undefined for maildev's default. A larger message is refused with the permanent error 552.
 * Developers can set a low limit to cause this error. maildev's command has the same variable.
 */
const sizeLimit = process.env['MAILDEV_MAX_MESSAGE_SIZE'];

// The maildev command is not used, because it would read the user's configuration files and variables.
const mailDev = new MailDev({
  ip: '127.0.0.1',
  smtp: Number(smtpPort),
  webIp: '127.0.0.1',
  web: Number(webPort),
  mailDirectory: folder,
  maxEmails: KEPT_MAILS,
  ...(sizeLimit ? { maxMessageSize: Number(sizeLimit) } : {}),
});

await mailDev.start();
process.on('SIGTERM', () => {
  // maildev waits for connections to its page, which browsers keep open. The senders of mail have already stopped.
  setTimeout(() => process.exit(0), CLOSE_WITHIN_MS);
  void mailDev.stop().finally(() => process.exit(0));
});
