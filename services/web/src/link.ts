/** The links in our mails: `/reset-password#token=…`. No server ever sees a fragment. */

const PATHS = ["/verify-email", "/reset-password", "/export", "/reminder", "/unsubscribe"];
/** Longer than any token we make; what is longer was not ours. */
const LONGEST = 500;

export function tokenOf(path: string, fragment: string): string | null {
  if (!PATHS.includes(path)) return null;
  // Not "+" as a space: mail programs hand on what is written there.
  const fields = new URLSearchParams(fragment.replace(/^#/, "").replaceAll("+", "%2B"));
  const token = fields.get("token")?.trim() ?? "";
  return token && token.length <= LONGEST ? token : null;
}

export function withoutFragment({ pathname, search }: Pick<Location, "pathname" | "search">) {
  return pathname + search;
}
