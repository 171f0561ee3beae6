import { useSignal } from "@preact/signals";
import type { ComponentChildren } from "preact";

interface Props {
  label: string;
  children: ComponentChildren;
}

/** Something that is only fetched when somebody looks at it. */
export function Disclosure({ label, children }: Props) {
  const open = useSignal(false);
  return (
    <details
      class="disclosure"
      open={open.value}
      onToggle={(event) => (open.value = event.currentTarget.open)}
    >
      <summary>{label}</summary>
      {open.value && children}
    </details>
  );
}
