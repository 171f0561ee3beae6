import type { ComponentChildren } from "preact";

import { follow, path } from "../../route";
import { Icon } from "../Icon";

interface Props {
  to: string;
  label: string;
  /** How many tasks wait there. */
  count?: number;
  icon: ComponentChildren;
  /** What else can be done with it. */
  children?: ComponentChildren;
}

/** One line of the sidebar. */
export function Entry({ to, label, count, icon, children }: Props) {
  return (
    <span class={`entry ${path.value === to ? "current" : ""}`}>
      <a href={to} class="entry-link" aria-current={path.value === to ? "page" : undefined} onClick={follow}>
        {icon}
        <span class="entry-label">{label}</span>
        {count ? (
          <span class="entry-count">
            {count}
            <span class="sr-only"> pending</span>
          </span>
        ) : null}
      </a>
      {children}
    </span>
  );
}

export function EntryIcon({ name }: { name: Parameters<typeof Icon>[0]["name"] }) {
  return (
    <span class="entry-icon">
      <Icon name={name} />
    </span>
  );
}

export function Dot({ color }: { color: string | null }) {
  return (
    <span class="entry-icon">
      <span class="color-dot" style={color ? { backgroundColor: color } : {}} />
    </span>
  );
}
