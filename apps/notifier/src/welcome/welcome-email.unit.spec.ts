import { describe, expect, it } from '@jest/globals';
import { welcomeEmail } from './welcome-email.js';

describe('welcomeEmail', () => {
  it('greets by name in both forms', () => {
    const { text, html } = welcomeEmail('Ada Lovelace');

    expect(text).toMatch(/^Hello Ada Lovelace,\n/);
    expect(html).toContain('<p>Hello Ada Lovelace,</p>');
  });

  it('escapes the text of users only in HTML', () => {
    const { text, html } = welcomeEmail(`<script>alert("1")</script> & 'Co'`);

    expect(html).toContain('Hello &lt;script&gt;alert(&quot;1&quot;)&lt;/ script&gt; &amp; &#39;Co&#39;,');
    expect(html).not.toContain('<script');
    expect(text).toContain(`Hello <script>alert("1")</ script> & 'Co',`);
  });

  it('contains no link that a user typed', () => {
    const { text, html } = welcomeEmail(
      '<a href="https://evil.example">Ada</a> www.evil.example eve@evil.example',
    );

    for (const body of [text, html]) {
      expect(body).not.toMatch(/:\/\/|www\.\w|evil\.example|@evil/);
    }
    expect(html).not.toContain('<a');
  });

  it('has a subject that no user can change', () => {
    expect(welcomeEmail('Ada\r\nBcc: eve@example.com').subject).toBe(welcomeEmail('Grace').subject);
  });

  it('greets without a name if nothing readable was typed', () => {
    expect(welcomeEmail(' \u0007 ').text).toMatch(/^Hello,\n/);
  });

  it('keeps a name of any length', () => {
    const name = 'Ż'.repeat(10_000);

    expect(welcomeEmail(name).text).toContain(name);
  });
});
