import { MailDev } from 'maildev';

/** Beyond that the oldest mails go. */
const KEPT_MAILS = 1_000;

const [smtpPort, webPort, folder] = process.argv.slice(2);

// Not the maildev command: it would look for configuration files and variables of the user's.
const mailDev = new MailDev({
  ip: '127.0.0.1',
  smtp: Number(smtpPort),
  webIp: '127.0.0.1',
  web: Number(webPort),
  mailDirectory: folder,
  maxEmails: KEPT_MAILS,
});

await mailDev.start();
process.on('SIGTERM', () => void mailDev.stop().finally(() => process.exit(0)));
