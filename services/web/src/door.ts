/** What the pages for people who are not signed in hand to each other. */

import { signal } from "@preact/signals";

/** An address typed on one of them, so that it need not be typed again on the next. */
export const typedEmail = signal("");
