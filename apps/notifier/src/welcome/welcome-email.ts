import { displayName } from './display-name.js';

/**
 * Subject of the welcome e-mail. The subject contains no name, because a name could contain a stranger's message or inject a
 * header.
 */
const SUBJECT = 'Welcome to Cascade';

/** Returns the welcome e-mail for a user, as text and as HTML. */
export function welcomeEmail(name: string): { subject: string; text: string; html: string } {
  const shown = displayName(name);
  const greeting = shown ? `Hello ${shown},` : 'Hello,';
  const paragraphs = [
    greeting,
    'your account is ready. We are glad that you are here.',
    'If you did not sign up, someone entered your address by mistake. Please ignore this message.',
  ];
  return {
    subject: SUBJECT,
    text: `${paragraphs.join('\n\n')}\n`,
    html: htmlPage(paragraphs),
  };
}

function htmlPage(paragraphs: string[]): string {
  const body = paragraphs.map((paragraph) => `    <p>${escapeHtml(paragraph)}</p>`).join('\n');
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <title>${SUBJECT}</title>
  </head>
  <body>
${body}
  </body>
</html>
`;
}

const ENTITIES: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!);
}
