import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

import { Brand } from "./Brand";

/** The narrow card of the pages for people who are not signed in. */
export function Door({ title, children }: { title: string; children: ComponentChildren }) {
  useEffect(() => {
    document.title = `${title} · Taskbell`;
  }, [title]);
  return (
    <main class="door">
      <Brand />
      <section class="card door-card" aria-labelledby="door-title">
        <h1 id="door-title">{title}</h1>
        {children}
      </section>
      <p class="muted door-foot">Tasks and reminders that are never lost.</p>
    </main>
  );
}
