const HIDDEN = '***';

/** What credentials look like in the messages of clients and servers. The first group of each is kept. */
const CREDENTIALS = [
  // nats://user:password@host, https://token@host
  /(\b[a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/?#@"'`<>]{1,1000}@/gi,
  // Authorization: Bearer abc, Proxy-Authorization: Basic abc
  /((?:authorization|cookie)["']?\s*[:=]\s*["']?)[^\r\n"']+/gi,
  /(\b(?:bearer|basic)\s+)[A-Za-z0-9+/=._~-]{8,}/gi,
  // password=abc, "apiKey": "abc", AUTH_TOKEN: abc
  /((?:pass(?:word|wd|phrase)?|secret|token|api[_-]?key|credentials?|private[_-]?key)["']?\s*[:=]\s*["']?)[^\s"',;&}\])]+/gi,
];

/** The text with everything that looks like a credential made unreadable. */
export function redact(text: string): string {
  return CREDENTIALS.reduce((redacted, pattern) => redacted.replace(pattern, `$1${HIDDEN}`), text)
    .replaceAll(`${HIDDEN}${HIDDEN}`, HIDDEN)
    .replace(/(:\/\/)\*\*\*(?=[\w[])/g, `$1${HIDDEN}@`);
}
