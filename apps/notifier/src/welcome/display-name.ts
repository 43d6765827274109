/** Marks that can reverse the direction of the text after them. */
const DIRECTION_OVERRIDES = /[\u202a-\u202e\u2066-\u2069]/gu;
/** White space, line ends and control characters. */
const BLANKS = /[\s\p{Cc}]+/gu;

/**
 * Full stop, colon, slash or `@` before another character, by which a mail program recognizes a link. The ideographic and
 * full-width forms are included.
 */
const LINK_GLUE = /([.:/@\u3002\uff0e\uff61\uff20])(?=\S)/gu;

/**
 * Converts the name of a user to one line without links, for use in a message. Otherwise, anyone could sign up with another
 * person's address and send a link to that person in our name. A space after each full stop, colon, slash and `@` is enough to
 * prevent links. For example, `http://evil.example` becomes `http: / / evil. example`, and `J.R.R. Tolkien` becomes `J. R. R.
 * Tolkien`.
 *
 * The result is not escaped for HTML, because the template escapes it. The result is empty if no readable text is left.
 */
export function displayName(name: string): string {
  return name
    .replace(DIRECTION_OVERRIDES, '')
    .replace(LINK_GLUE, '$1 ')
    .replaceAll('=?', '= ?') // `=?` starts an RFC 2047 encoded word, which some programs decode even inside quotes.
    .replace(BLANKS, ' ')
    .trim();
}
