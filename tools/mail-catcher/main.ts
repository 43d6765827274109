import { MailDev } from 'maildev';

/** Beyond that the oldest mails go. */
const KEPT_MAILS = 1_000;
const CLOSE_WITHIN_MS = 500;

const [smtpPort, webPort, folder] = process.argv.slice(2);
/** Bytes beyond which a mail is refused for good (552), to see what becomes of it; maildev's command has the same variable. */
const sizeLimit = process.env['MAILDEV_MAX_MESSAGE_SIZE'];

// Not the maildev command: it would look for configuration files and variables of the user's.
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
  // It waits for connections to its page, which browsers keep. Those that send mail have stopped before.
  setTimeout(() => process.exit(0), CLOSE_WITHIN_MS);
  void mailDev.stop().finally(() => process.exit(0));
});
