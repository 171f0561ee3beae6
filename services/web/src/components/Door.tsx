import type { ComponentChildren } from "preact";

import { Brand } from "./Brand";
import { usePage } from "./usePage";

/** The narrow card of the pages for people who are not signed in. */
export function Door({ title, children }: { title: string; children: ComponentChildren }) {
  const heading = usePage(title);
  return (
    <main class="door">
      <Brand />
      <section class="card door-card" aria-labelledby="door-title">
        <h1 id="door-title" ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {children}
      </section>
      <p class="muted door-foot">Tasks and reminders that are never lost.</p>
    </main>
  );
}
