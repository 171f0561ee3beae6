/** Jobs in plain words: what they do, and why they were given up. */

import type { Job } from "./types";

const KINDS: Record<string, string> = {
  "account.export": "Somebody's data put together",
  "account.purge": "A deleted account cleared away",
  "mail.digest": "Daily digest",
  "mail.notice": "Mail about an account",
  "mail.reminder": "Reminder by e-mail",
  "mail.reset": "Mail to set a new password",
  "mail.verify": "Mail to confirm an address",
  "mail.welcome": "Welcome mail",
  "notification.test": "Test message",
  "push.reminder": "Reminder by push",
  "task.import": "Import of tasks",
  "webhook.send": "Message to a webhook",
};

export function kindText(kind: string): string {
  return KINDS[kind] ?? kind;
}

/** The most telling first. */
const REASONS: [RegExp, string][] = [
  [/auth|\b535\b|\b530\b|credentials/i, "The mail server does not take our user name or password."],
  [/certificate|ssl|tls/i, "No safe connection: the certificate of the other side is not good."],
  [/timed? ?out|timeout/i, "The other side did not answer in time."],
  [
    /refused|unreachable|getaddrinfo|resolve|name or service|connect/i,
    "The other side could not be reached.",
  ],
  [/\b5[0-9]{2}\b/, "The other side refused it for good."],
  [/\b4[0-9]{2}\b/, "The other side asked to try later, until there were no tries left."],
];

/** Why it was given up, where its last error tells; "" where only the error itself does. */
export function reasonText({ crashes, last_error }: Pick<Job, "crashes" | "last_error">): string {
  if (crashes > 0 && !last_error) return "Its worker ended in the middle of it, time and again.";
  return REASONS.find(([pattern]) => pattern.test(last_error ?? ""))?.[1] ?? "";
}
