/** E-mail addresses that may not be what they look like. */

const UNUSUAL = /[^ -~]/gu;

/**
 * An address with what is not ASCII spelt out, as there are letters that look like others:
 * `\u{430}` for a Cyrillic а, `xn--…` in the domain. Null when there is nothing of that kind.
 */
export function spelledOut(email: string): string | null {
  if (email.search(UNUSUAL) < 0) return null;
  const at = email.lastIndexOf("@");
  return `${escaped(email.slice(0, at + 1))}${asciiDomain(email.slice(at + 1))}`;
}

/** As name servers have it. */
function asciiDomain(domain: string): string {
  try {
    const { hostname } = new URL(`http://${domain}`);
    // Browsers also put other widths of a letter right, and then it would look usual.
    if (hostname.includes("xn--")) return hostname;
  } catch {
    // No domain that a browser would take.
  }
  return escaped(domain);
}

function escaped(text: string): string {
  return text.replace(UNUSUAL, (char) => `\\u{${char.codePointAt(0)?.toString(16)}}`);
}
