import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

interface Props {
  title: string;
  /** What it is about, under the heading. */
  about?: ComponentChildren;
  danger?: boolean;
  children: ComponentChildren;
}

/** One card of the settings or the administration. */
export function Section({ title, about, danger, children }: Props) {
  const id = useId();
  return (
    <section class={`card section ${danger ? "danger" : ""}`} aria-labelledby={id}>
      <h2 id={id} tabIndex={-1}>
        {title}
      </h2>
      {about && <p class="muted">{about}</p>}
      {children}
    </section>
  );
}
